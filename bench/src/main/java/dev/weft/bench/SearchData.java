package dev.weft.bench;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Vectors as models of texts make them: in groups, and within far fewer directions than they have dimensions. (Vectors whose dimensions have nothing
 * to do with each other have no neighbours worth the name, and no index finds them.)
 */
final class SearchData {

    private static final int LATENT = 32;
    private static final int GROUPS = 200;

    private final int dimension;
    private final float[][] directions;
    private final float[][] centres;

    SearchData(int dimension, long seed) {
        this.dimension = dimension;
        Random random = new Random(seed);
        this.directions = gaussian(random, LATENT, dimension);
        this.centres = gaussian(random, GROUPS, LATENT);
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

    /** So many vectors of length 1. */
    float[][] vectors(int count, long seed) {
        Random random = new Random(seed);
        float[][] vectors = new float[count][];
        for (int row = 0; row < count; row++) {
            vectors[row] = vector(random);
        }
        return vectors;
    }

    private float[] vector(Random random) {
        float[] centre = centres[random.nextInt(GROUPS)];
        float[] vector = new float[dimension];
        for (int latent = 0; latent < LATENT; latent++) {
            float weight = centre[latent] + 0.7f * (float) random.nextGaussian();
            for (int i = 0; i < dimension; i++) {
                vector[i] += weight * directions[latent][i];
            }
        }
        double square = 0;
        for (int i = 0; i < dimension; i++) {
            vector[i] += (float) random.nextGaussian();
            square += vector[i] * vector[i];
        }
        float length = (float) Math.sqrt(square);
        for (int i = 0; i < dimension; i++) {
            vector[i] /= length;
        }
        return vector;
    }

    /** The rows nearest to the query by their angle, found by comparing all of which the number divides by the step. */
    static int[] nearest(float[][] vectors, float[] query, int count, int step) {
        double[] scores = Arrays.stream(vectors)
                .parallel()
                .mapToDouble(vector -> dot(vector, query))
                .toArray();
        return IntStream.range(0, vectors.length)
                .filter(row -> row % step == 0)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer row) -> scores[row]).reversed())
                .limit(count)
                .mapToInt(row -> row)
                .toArray();
    }

    private static double dot(float[] left, float[] right) {
        float sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += left[i] * right[i];
        }
        return sum;
    }
}
