package org.openedx.insights.hadoop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordWriter;
import org.apache.hadoop.mapred.Reporter;
import org.apache.hadoop.util.Progressable;

/**
 * Writes each row to the file that its first field names, below the output directory; the second field is the row in wire form,
 * with escapes. A path that ends in a slash is a directory, in which this task has a part file.
 *
 * <p>All files lie in the directory of the task's attempt until the cluster's committer takes them over, so that an attempt that
 * is killed, or that loses against a speculative one, leaves nothing.
 */
public class NamedFileOutputFormat extends RowOutputFormat {
    /** Bytes of a file that are kept in memory before it is opened: a task of very many small files then has few of them open. */
    private static final int HELD_BYTES = 64 * 1024;

    @Override
    public RecordWriter<Text, Text> getRecordWriter(FileSystem ignored, JobConf job, String name, Progressable progress) {
        return new Files(job, name, progress);
    }

    private static final class Files implements RecordWriter<Text, Text> {
        private final JobConf job;
        private final String partName;
        private final Progressable progress;
        private final Map<String, NamedFile> files = new LinkedHashMap<>();

        Files(JobConf job, String partName, Progressable progress) {
            this.job = job;
            this.partName = partName;
            this.progress = progress;
        }

        @Override
        public void write(Text line, Text nothing) throws IOException {
            byte[] bytes = line.getBytes();
            int tab = 0;
            while (tab < line.getLength() && bytes[tab] != '\t') {
                tab++;
            }
            if (tab == line.getLength()) {
                throw new IOException(
                        "A row of a job with many files has no path: " + line
                                + ". Whole lines reach this output format only with -D stream.reduce.output=lines and -D"
                                + " stream.io.identifier.resolver.class=org.openedx.insights.hadoop.LineIdentifierResolver. The whole"
                                + " command line of a job is printed by: insights job WORKFLOW JOB --print hadoop");
            }
            String path = new String(bytes, 0, tab, StandardCharsets.UTF_8);
            NamedFile file = files.get(path);
            if (file == null) {
                file = new NamedFile(place(path));
                files.put(path, file);
            }
            file.write(bytes, tab + 1, line.getLength());
        }

        @Override
        public void close(Reporter reporter) throws IOException {
            for (NamedFile file : files.values()) {
                file.close();
                progress.progress();
            }
        }

        /** The place of a file in the directory of this attempt. */
        private Path place(String field) throws IOException {
            ByteArrayOutputStream decoded = new ByteArrayOutputStream();
            byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
            WireForm.decode(bytes, 0, bytes.length, decoded);
            String relative = new String(decoded.toByteArray(), StandardCharsets.UTF_8);
            String named = relative.endsWith("/") ? relative + partName : relative;
            for (String part : named.split("/", -1)) {
                if (part.isEmpty() || part.startsWith(".") || part.startsWith("_") || part.contains("\n")) {
                    throw new IOException(
                            "An output file cannot be named " + relative
                                    + ": each part of its path must be a plain name that does not begin with a dot or an underscore.");
                }
            }
            // A colon in a relative path would be taken for the end of a scheme.
            return new Path(getTaskOutputPath(job, partName).getParent(), new Path(null, null, named));
        }

        private final class NamedFile {
            private final Path place;
            private ByteArrayOutputStream held = new ByteArrayOutputStream();
            private OutputStream opened;

            NamedFile(Path place) {
                this.place = place;
            }

            void write(byte[] bytes, int start, int end) throws IOException {
                OutputStream output = opened == null ? held : opened;
                WireForm.decode(bytes, start, end, output);
                output.write('\n');
                if (opened == null && held.size() > HELD_BYTES) {
                    open();
                }
            }

            void close() throws IOException {
                if (opened == null) {
                    open();
                }
                opened.close();
            }

            private void open() throws IOException {
                opened = create(job, place, progress);
                held.writeTo(opened);
                held = null;
            }
        }
    }
}
