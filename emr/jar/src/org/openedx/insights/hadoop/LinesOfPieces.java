package org.openedx.insights.hadoop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.FileSplit;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.LineRecordReader;
import org.apache.hadoop.mapred.RecordReader;

/** The lines of several pieces of files, one piece after the other. Errors name the file and how far reading it had come. */
final class LinesOfPieces implements RecordReader<LongWritable, Text> {
    private final JobConf job;
    private final List<FileSplit> pieces;
    private final byte[] delimiter;
    private final long allBytes;
    private int next;
    private long bytesBefore;
    private FileSplit piece;
    private LineRecordReader lines;

    LinesOfPieces(JobConf job, List<FileSplit> pieces) {
        this.job = job;
        this.pieces = pieces;
        // The stock reader also takes a carriage return for a line end; logs end lines with LF only (rules 01, 1).
        delimiter = job.get("textinputformat.record.delimiter", "\n").getBytes(StandardCharsets.UTF_8);
        allBytes = Math.max(1, pieces.stream().mapToLong(FileSplit::getLength).sum());
    }

    @Override
    public boolean next(LongWritable key, Text value) throws IOException {
        while (true) {
            if (lines == null) {
                if (next == pieces.size()) {
                    return false;
                }
                piece = pieces.get(next++);
                try {
                    lines = new LineRecordReader(job, piece, delimiter);
                } catch (IOException | RuntimeException error) {
                    throw new IOException("Cannot open the input file " + piece.getPath() + ": " + error, error);
                }
            }
            try {
                if (lines.next(key, value)) {
                    return true;
                }
            } catch (IOException | RuntimeException error) {
                // Some decompressors throw unchecked exceptions at damaged data.
                throw new IOException(
                        "Cannot read the input file " + piece.getPath() + " behind byte " + lines.getPos() + ": " + error, error);
            }
            close();
            bytesBefore += piece.getLength();
        }
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
    public long getPos() throws IOException {
        return bytesBefore + (lines == null ? 0 : Math.max(0, lines.getPos() - piece.getStart()));
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            LineRecordReader finished = lines;
            lines = null;
            finished.close();
        }
    }

    @Override
    public float getProgress() throws IOException {
        float ofPiece = lines == null ? 0 : lines.getProgress() * piece.getLength();
        return Math.min(1, (bytesBefore + ofPiece) / allBytes);
    }
}
