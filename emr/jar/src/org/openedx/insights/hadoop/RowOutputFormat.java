package org.openedx.insights.hadoop;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.FileOutputFormat;
import org.apache.hadoop.mapred.InvalidJobConfException;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordWriter;
import org.apache.hadoop.mapred.Reporter;
import org.apache.hadoop.mapreduce.security.TokenCache;
import org.apache.hadoop.util.Progressable;

/**
 * Rows as they come, a part file for each task. The key is the whole row, as {@link LineIdentifierResolver} reads it; the stock
 * format would put a TAB behind a row without one.
 *
 * <p>The output directory may exist: whoever runs the job has staged it.
 */
public class RowOutputFormat extends FileOutputFormat<Text, Text> {
    @Override
    public void checkOutputSpecs(FileSystem ignored, JobConf job) throws IOException {
        if (getOutputPath(job) == null) {
            throw new InvalidJobConfException("The job has no output directory.");
        }
        TokenCache.obtainTokensForNamenodes(job.getCredentials(), new Path[] {getOutputPath(job)}, job);
    }

    /** Begins a file. On a local file system it gets no checksum file beside it, which other programs would not keep up to date. */
    static OutputStream create(JobConf job, Path file, Progressable progress) throws IOException {
        FileSystem store = file.getFileSystem(job);
        FileSystem raw = store instanceof ChecksumFileSystem ? ((ChecksumFileSystem) store).getRawFileSystem() : store;
        return raw.create(file, progress);
    }

    @Override
    public RecordWriter<Text, Text> getRecordWriter(FileSystem ignored, JobConf job, String name, Progressable progress)
            throws IOException {
        Path file = getTaskOutputPath(job, name);
        OutputStream output = create(job, file, progress);
        return new RecordWriter<Text, Text>() {
            @Override
            public void write(Text row, Text nothing) throws IOException {
                output.write(row.getBytes(), 0, row.getLength());
                output.write('\n');
            }

            @Override
            public void close(Reporter reporter) throws IOException {
                output.close();
            }
        };
    }
}
