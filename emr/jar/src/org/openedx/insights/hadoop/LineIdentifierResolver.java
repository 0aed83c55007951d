package org.openedx.insights.hadoop;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.streaming.PipeMapRed;
import org.apache.hadoop.streaming.io.IdentifierResolver;
import org.apache.hadoop.streaming.io.InputWriter;
import org.apache.hadoop.streaming.io.OutputReader;
import org.apache.hadoop.util.LineReader;

/**
 * Adds to streaming the form {@code lines}: a line is a key without a value, and comes back as that line, byte for byte. Streaming's
 * own text form puts a TAB behind a line that is all key.
 */
public class LineIdentifierResolver extends IdentifierResolver {
    private static final String LINES = "lines";

    @Override
    public void resolve(String identifier) {
        super.resolve(identifier);
        if (LINES.equalsIgnoreCase(identifier)) {
            setInputWriterClass(LineWriter.class);
            setOutputReaderClass(LineOutput.class);
            setOutputKeyClass(Text.class);
            setOutputValueClass(Text.class);
        }
    }

    /** Writes keys as lines to a program. */
    public static class LineWriter extends InputWriter<Text, Text> {
        private DataOutput program;

        @Override
        public void initialize(PipeMapRed streaming) throws IOException {
            super.initialize(streaming);
            program = streaming.getClientOutput();
        }

        @Override
        public void writeKey(Text line) throws IOException {
            program.write(line.getBytes(), 0, line.getLength());
        }

        @Override
        public void writeValue(Text nothing) throws IOException {
            program.write('\n');
        }
    }

    /** Reads the lines of a program as keys. */
    public static class LineOutput extends OutputReader<Text, Text> {
        private static final byte[] LINE_END = {'\n'};

        private final Text line = new Text();
        private final Text nothing = new Text();
        private LineReader lines;

        @Override
        public void initialize(PipeMapRed streaming) throws IOException {
            super.initialize(streaming);
            DataInput program = streaming.getClientInput();
            lines = new LineReader((InputStream) program, streaming.getConfiguration(), LINE_END);
        }

        @Override
        public boolean readKeyValue() throws IOException {
            return lines.readLine(line) > 0;
        }

        @Override
        public Text getCurrentKey() {
            return line;
        }

        @Override
        public Text getCurrentValue() {
            return nothing;
        }

        @Override
        public String getLastOutput() {
            return new String(line.getBytes(), 0, Math.min(line.getLength(), 1000), StandardCharsets.UTF_8);
        }
    }
}
