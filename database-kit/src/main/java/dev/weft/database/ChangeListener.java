package dev.weft.database;

/**
 * Somebody who keeps in memory what lies in the database, and so has to hear of changes that other processes make. {@link ChangeNotifications}
 * calls all beans of this type, one call at a time, on a virtual thread.
 */
public interface ChangeListener {

    /** The channel of {@link Database#announce}: a lower-case word, with the schema's name in it, as channels are the whole database's. */
    String channel();

    /** Something has changed. */
    void changed(String payload);

    /** Anything may have changed: the process has just started, or the connection had been away. */
    void resynchronise();
}
