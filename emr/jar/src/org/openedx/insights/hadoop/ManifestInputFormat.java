package org.openedx.insights.hadoop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.hadoop.io.compress.SplittableCompressionCodec;
import org.apache.hadoop.mapred.FileInputFormat;
import org.apache.hadoop.mapred.FileSplit;
import org.apache.hadoop.mapred.InputSplit;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordReader;
import org.apache.hadoop.mapred.Reporter;
import org.apache.hadoop.mapred.lib.CombineFileSplit;

/**
 * Lines of the files that manifests name. The job's input is one or more manifests (see {@link Manifest}).
 *
 * <p>Plain and bzip2 files larger than a split are cut into splits; gzip files are read whole; small files are grouped until they
 * fill a split, so that ten thousand small files do not start ten thousand mappers. Values are lines, keys mean nothing: streaming
 * needs {@code stream.map.input.ignoreKey=true}.
 *
 * <p>By default files are grouped only with others of their table, whatever its partitions ({@code dt=DAY}), and the mapper sees the
 * first one's path as {@code mapreduce.map.input.file}: enough to tell from which table the rows come.
 */
public class ManifestInputFormat extends FileInputFormat<LongWritable, Text> {
    /** Bytes of a split; the block size of the file system by default. */
    static final String SPLIT_BYTES = "mapreduce.input.fileinputformat.split.maxsize";
    /** Files of different tables may share a split; for logs, whose paths mean nothing to a mapper. */
    static final String ACROSS_DIRECTORIES = "insights.input.group.across.directories";
    /** So many files at most in a split. */
    static final String FILES_IN_SPLIT = "insights.input.group.files";

    private static final String INPUT_FILE = "mapreduce.map.input.file";
    /** How many files the mapper reads, the named one being the first. */
    private static final String INPUT_FILES = "insights.input.files";
    /** A last piece may be a tenth larger than a split. */
    private static final double SLOP = 1.1;

    private CompressionCodecFactory codecs;

    @Override
    protected FileStatus[] listStatus(JobConf job) throws IOException {
        return Manifest.expand(job, super.listStatus(job));
    }

    @Override
    protected boolean isSplitable(FileSystem store, Path file) {
        CompressionCodec codec = codecs.getCodec(file);
        return codec == null || codec instanceof SplittableCompressionCodec;
    }

    @Override
    public InputSplit[] getSplits(JobConf job, int wanted) throws IOException {
        codecs = new CompressionCodecFactory(job);
        Groups groups = new Groups(job);
        FileStatus[] files = listStatus(job);
        job.setLong(NUM_INPUT_FILES, files.length);
        for (FileStatus file : files) {
            if (file.getLen() == 0) {
                continue;
            }
            FileSystem store = file.getPath().getFileSystem(job);
            long splitBytes = job.getLong(SPLIT_BYTES, Math.max(1, file.getBlockSize()));
            boolean cut = file.getLen() > splitBytes * SLOP && isSplitable(store, file.getPath());
            long start = 0;
            while (cut && file.getLen() - start > splitBytes * SLOP) {
                groups.add(new Piece(file, start, splitBytes), splitBytes);
                start += splitBytes;
            }
            groups.add(new Piece(file, start, file.getLen() - start), splitBytes);
        }
        return groups.splits();
    }

    @Override
    public RecordReader<LongWritable, Text> getRecordReader(InputSplit split, JobConf job, Reporter reporter) throws IOException {
        reporter.setStatus(split.toString());
        List<FileSplit> pieces = pieces(split);
        if (!pieces.isEmpty()) {
            // Streaming hands the job's properties to the mapper as its environment, and starts it after this.
            job.set(INPUT_FILE, pieces.get(0).getPath().toString());
            job.setInt(INPUT_FILES, pieces.size());
        }
        return new LinesOfPieces(job, pieces);
    }

    /** The parts of files that a split stands for. */
    static List<FileSplit> pieces(InputSplit split) {
        List<FileSplit> pieces = new ArrayList<>();
        if (split instanceof FileSplit) {
            pieces.add((FileSplit) split);
        } else {
            CombineFileSplit group = (CombineFileSplit) split;
            for (int index = 0; index < group.getNumPaths(); index++) {
                pieces.add(new FileSplit(group.getPath(index), group.getOffset(index), group.getLength(index), (String[]) null));
            }
        }
        return pieces;
    }

    /** A part of a file. */
    private static final class Piece {
        final FileStatus file;
        final long start;
        final long length;

        Piece(FileStatus file, long start, long length) {
            this.file = file;
            this.start = start;
            this.length = length;
        }
    }

    /** Fills splits with pieces in the order of the manifest. */
    private static final class Groups {
        private final JobConf job;
        private final boolean acrossDirectories;
        private final int filesInSplit;
        private final List<InputSplit> splits = new ArrayList<>();
        private List<Piece> group = new ArrayList<>();
        private long bytes;

        Groups(JobConf job) {
            this.job = job;
            acrossDirectories = job.getBoolean(ACROSS_DIRECTORIES, false);
            filesInSplit = Math.max(1, job.getInt(FILES_IN_SPLIT, 1000));
        }

        void add(Piece piece, long splitBytes) throws IOException {
            boolean stranger =
                    !acrossDirectories && !group.isEmpty() && !table(group.get(0).file).equals(table(piece.file));
            if (stranger || bytes + piece.length > splitBytes || group.size() >= filesInSplit) {
                close();
            }
            group.add(piece);
            bytes += piece.length;
        }

        /** The directory of a file's table: above those of its partitions. */
        private static Path table(FileStatus file) {
            Path directory = file.getPath().getParent();
            while (directory.getName().indexOf('=') > 0 && directory.getParent() != null) {
                directory = directory.getParent();
            }
            return directory;
        }

        InputSplit[] splits() throws IOException {
            close();
            return splits.toArray(new InputSplit[0]);
        }

        private void close() throws IOException {
            if (group.isEmpty()) {
                return;
            }
            Piece first = group.get(0);
            String[] hosts = hosts(first);
            if (group.size() == 1) {
                splits.add(new FileSplit(first.file.getPath(), first.start, first.length, hosts));
            } else {
                Path[] paths = group.stream().map(piece -> piece.file.getPath()).toArray(Path[]::new);
                long[] starts = group.stream().mapToLong(piece -> piece.start).toArray();
                long[] lengths = group.stream().mapToLong(piece -> piece.length).toArray();
                splits.add(new CombineFileSplit(job, paths, starts, lengths, hosts));
            }
            group = new ArrayList<>();
            bytes = 0;
        }

        private String[] hosts(Piece piece) throws IOException {
            BlockLocation[] blocks =
                    piece.file instanceof LocatedFileStatus
                            ? ((LocatedFileStatus) piece.file).getBlockLocations()
                            : piece.file.getPath().getFileSystem(job).getFileBlockLocations(piece.file, piece.start, 1);
            if (blocks != null) {
                for (BlockLocation block : blocks) {
                    if (block.getOffset() <= piece.start && piece.start < block.getOffset() + block.getLength()) {
                        return block.getHosts();
                    }
                }
            }
            return new String[0];
        }
    }
}
