package dev.weft.gateway.routing;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Orders replicas by their preference for a model: each pair of a model and a replica has a score, and the highest is the first. Every
 * gateway finds the same order without asking anybody, and a replica that joins or leaves moves only the models that it gets or had: with
 * n replicas, one in n of them.
 *
 * @see <a href="https://doi.org/10.1109/90.663936">Thaler and Ravishankar: Using name-based mappings to increase hit rates, 1998</a>
 */
final class Rendezvous {

    private Rendezvous() {}

    /** FNV-1a over the UTF-16 units, then mixed: names that differ in their last letter must have nothing in common. */
    static long hash(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return mix(hash);
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood: Fast splittable pseudorandom number generators, 2014). */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    static long score(long model, Replica replica) {
        return mix(model ^ Long.rotateLeft(replica.hash(), 32));
    }

    /**
     * The replicas in the model's order.
     *
     * @param pools the model's, the most wanted first; replicas of others are left out. Empty: all pools are alike
     */
    static Replica[] order(String model, List<Replica> replicas, List<String> pools) {
        record Scored(Replica replica, int pool, long score) {}
        long hash = hash(model);
        Scored[] scored = replicas.stream()
                .map(replica ->
                        new Scored(replica, pools.isEmpty() ? 0 : pools.indexOf(replica.pool()), score(hash, replica)))
                .filter(candidate -> candidate.pool() >= 0)
                .toArray(Scored[]::new);
        Arrays.sort(
                scored,
                Comparator.comparingInt(Scored::pool)
                        .thenComparing(Comparator.comparingLong(Scored::score).reversed())
                        .thenComparing(candidate -> candidate.replica().id()));
        return Arrays.stream(scored).map(Scored::replica).toArray(Replica[]::new);
    }
}
