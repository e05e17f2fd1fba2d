package dev.weft.embedding.vectorstore.embedded;

import java.util.UUID;

/**
 * What the database says about a space.
 *
 * @param incarnation another one when all points went at once, or the database was made anew
 * @param sequence number of the last change
 * @param purged the last change whose removals are forgotten
 * @param points how many there are
 */
record Head(UUID incarnation, long sequence, long purged, long points) {

    /** Whether an index of that state can be brought to this one by the changes since. */
    boolean follows(UUID itsIncarnation, long itsSequence) {
        return incarnation.equals(itsIncarnation) && itsSequence >= purged && itsSequence <= sequence;
    }
}
