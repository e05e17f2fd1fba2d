package dev.weft.training.runtime.textclassifier;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.training.runtime.JobFile;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.util.Map;

/** By what a process that trains and the service that embeds for it know each other: files that the job's settings name. */
final class InferenceTls {

    /** Setting, optional: PEM file with the authorities that the service's certificate may be of; plain text without. */
    static final String AUTHORITY = "inference_authority_file";

    /** Setting, optional: PEM file with the certificate that the service wants to see. */
    static final String CERTIFICATE = "inference_certificate_file";

    /** Setting, together with the certificate: PEM file with its key. */
    static final String KEY = "inference_key_file";

    private InferenceTls() {}

    /**
     * Reads the files.
     *
     * @throws InvalidArgument when they cannot be used; names the setting or the file
     */
    static ChannelCredentials of(Map<String, String> settings) {
        String authority = settings.get(AUTHORITY);
        String certificate = settings.get(CERTIFICATE);
        String key = settings.get(KEY);
        if ((certificate == null) != (key == null)) {
            throw refused((certificate == null ? CERTIFICATE : KEY)
                    + ": not set (expected: both of a certificate and its key)");
        }
        if (authority == null) {
            if (certificate != null) {
                throw refused(AUTHORITY + ": not set (expected: a file, as there is a certificate to show)");
            }
            return InsecureChannelCredentials.create();
        }
        TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
        try {
            credentials.trustManager(readable(AUTHORITY, authority));
            if (certificate != null && key != null) {
                credentials.keyManager(readable(CERTIFICATE, certificate), readable(KEY, key));
            }
        } catch (IOException e) {
            throw refused("the certificates cannot be read: " + e.getMessage());
        }
        return credentials.build();
    }

    private static File readable(String setting, String path) {
        File file = new File(path);
        if (!file.isFile() || !file.canRead()) {
            throw refused(setting + ": '" + path + "' (expected: a file that this process can read)");
        }
        return file;
    }

    private static InvalidArgument refused(String what) {
        return new InvalidArgument(JobFile.NAME + ": settings: " + what);
    }
}
