package org.openedx.insights.hadoop;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.FileSplit;
import org.apache.hadoop.mapred.InputSplit;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordReader;
import org.apache.hadoop.mapred.Reporter;

/**
 * Paths of the files that manifests name, for mappers that open their files themselves: the log then passes neither through the
 * JVM's decompression nor through its pipe. Files are never cut; small ones are grouped as by {@link ManifestInputFormat}.
 */
public class ManifestPathsInputFormat extends ManifestInputFormat {
    @Override
    protected boolean isSplitable(FileSystem store, Path file) {
        return false;
    }

    @Override
    public RecordReader<LongWritable, Text> getRecordReader(InputSplit split, JobConf job, Reporter reporter) throws IOException {
        reporter.setStatus(split.toString());
        return new Paths(pieces(split));
    }

    private static final class Paths implements RecordReader<LongWritable, Text> {
        private final int count;
        private final Iterator<FileSplit> rest;
        private int given;

        Paths(List<FileSplit> pieces) {
            count = Math.max(1, pieces.size());
            rest = pieces.iterator();
        }

        @Override
        public boolean next(LongWritable key, Text value) {
            if (!rest.hasNext()) {
                return false;
            }
            key.set(given++);
            value.set(rest.next().getPath().toString());
            return true;
        }

        @Override
        public LongWritable createKey() {
            return new LongWritable();
        }

        @Override
        public Text createValue() {
            return new Text();
        }

        @Override
        public long getPos() {
            return given;
        }

        @Override
        public void close() {}

        @Override
        public float getProgress() {
            return (float) given / count;
        }
    }
}
