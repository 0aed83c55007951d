package org.openedx.insights.hadoop;

import java.io.IOException;
import java.io.OutputStream;

/** The escapes of the protocol between our programs: {@code \\}, {@code \t}, {@code \n}, {@code \r}. */
final class WireForm {
    private WireForm() {}

    /**
     * Writes a field without its escapes.
     *
     * @throws IOException the field is null ({@code \N}) or has an escape that the protocol does not know
     */
    static void decode(byte[] bytes, int start, int end, OutputStream output) throws IOException {
        int plain = start;
        for (int at = start; at < end; at++) {
            if (bytes[at] != '\\') {
                continue;
            }
            output.write(bytes, plain, at - plain);
            at++;
            output.write(escaped(at < end ? bytes[at] : (byte) ' '));
            plain = at + 1;
        }
        if (plain < end) {
            output.write(bytes, plain, end - plain);
        }
    }

    private static int escaped(byte letter) throws IOException {
        switch (letter) {
            case '\\':
                return '\\';
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            default:
                throw new IOException("A row of a job with many files is null or has the unknown escape \\" + (char) letter + ".");
        }
    }
}
