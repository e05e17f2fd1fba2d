package dev.weft.embedding.vectorstore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Vectors as models make them: in groups, and within far fewer directions than they have dimensions. */
public final class Vectors {

    private static final int LATENT = 24;
    private static final int GROUPS = 40;

    private final Random random;
    private final float[][] directions;
    private final float[][] centres;
    private final int dimension;

    /** Vectors that the seed decides. */
    public Vectors(int dimension, long seed) {
        this.dimension = dimension;
        Random shape = new Random(7);
        this.directions = gaussian(shape, LATENT, dimension);
        this.centres = gaussian(shape, GROUPS, LATENT);
        this.random = new Random(seed);
    }

    private static float[][] gaussian(Random random, int rows, int columns) {
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            for (int i = 0; i < columns; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return values;
    }

    /** The next vector; not of length 1. */
    public float[] next() {
        float[] centre = centres[random.nextInt(GROUPS)];
        float[] vector = new float[dimension];
        for (int latent = 0; latent < LATENT; latent++) {
            float weight = centre[latent] + 0.7f * (float) random.nextGaussian();
            for (int i = 0; i < dimension; i++) {
                vector[i] += weight * directions[latent][i];
            }
        }
        for (int i = 0; i < dimension; i++) {
            vector[i] += (float) random.nextGaussian();
        }
        return vector;
    }

    /** Points with the ids {@code p0}, {@code p1}, … and their number as metadata. */
    public List<Point> points(int count) {
        List<Point> points = new ArrayList<>(count);
        for (int number = 0; number < count; number++) {
            points.add(new Point(
                    "p" + number,
                    next(),
                    "payment " + number,
                    new Metadata(Map.of(
                            "number", new MetadataValue.Numeric(number),
                            "even", new MetadataValue.Flag(number % 2 == 0)))));
        }
        return points;
    }

    /** The ids of the nearest, found by comparing all in double precision. */
    public static List<String> exact(VectorSpace space, List<Point> points, float[] near, int count) {
        return points.stream()
                .sorted((left, right) -> Double.compare(
                        score(space.metric(), near, right.vector()), score(space.metric(), near, left.vector())))
                .limit(count)
                .map(Point::id)
                .toList();
    }

    /** The score as the port defines it. */
    public static double score(Metric metric, float[] left, float[] right) {
        double dot = 0;
        double lengths = 0;
        double leftLength = 0;
        double distance = 0;
        for (int i = 0; i < left.length; i++) {
            dot += (double) left[i] * right[i];
            leftLength += (double) left[i] * left[i];
            lengths += (double) right[i] * right[i];
            distance += ((double) left[i] - right[i]) * ((double) left[i] - right[i]);
        }
        return switch (metric) {
            case COSINE -> dot / Math.sqrt(lengths * leftLength);
            case DOT -> dot;
            case EUCLIDEAN -> -Math.sqrt(distance);
        };
    }
}
