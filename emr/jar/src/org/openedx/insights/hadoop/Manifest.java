package org.openedx.insights.hadoop;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapreduce.security.TokenCache;

/**
 * The files that manifests stand for. Each line of a manifest is a path or a glob; a directory stands for all files below it, hidden
 * ones too unless the job leaves them out; what matches nothing is skipped unless the job forbids it; each file counts once, in the
 * order of the lines.
 */
public final class Manifest {
    /** How often a look-up is tried before the job fails. */
    static final String ATTEMPTS = "insights.manifest.lookup.attempts";
    /** Below directories, what begins with a dot or an underscore is left out: markers and leftovers are no rows. */
    static final String SKIP_HIDDEN = "insights.input.skip.hidden";
    /** Manifests may stand for no file at all; the job's tables are then empty. */
    static final String MAY_BE_EMPTY = "insights.input.may.be.empty";

    /** Each line must match something: lines name files that were there when the job was planned. */
    static final String MUST_EXIST = "insights.input.must.exist";

    private static final int DEFAULT_ATTEMPTS = 10;

    private Manifest() {}

    /**
     * Reads manifests and looks their lines up.
     *
     * @param manifests the manifests themselves
     * @throws IOException a line is empty, a look-up failed for good, what must exist does not, or nothing at all was found
     */
    public static FileStatus[] expand(JobConf job, FileStatus[] manifests) throws IOException {
        Map<Path, FileStatus> found = new LinkedHashMap<>();
        for (FileStatus manifest : manifests) {
            int number = 0;
            for (String line : lines(job, manifest.getPath())) {
                number++;
                if (line.isEmpty()) {
                    throw new IOException("Line " + number + " of the manifest " + manifest.getPath() + " is empty. Remove it.");
                }
                List<FileStatus> files = lookUpPatiently(job, new Path(line));
                if (files == null) {
                    if (job.getBoolean(MUST_EXIST, false)) {
                        throw new FileNotFoundException(
                                line + " does not exist any more. It is line " + number + " of the manifest " + manifest.getPath() + ".");
                    }
                    continue;
                }
                for (FileStatus file : files) {
                    found.putIfAbsent(file.getPath(), file);
                }
            }
        }
        if (found.isEmpty() && !job.getBoolean(MAY_BE_EMPTY, false)) {
            throw new IOException("None of the paths in the manifests exists; the job has no input.");
        }
        return found.values().toArray(new FileStatus[0]);
    }

    private static List<String> lines(Configuration conf, Path manifest) throws IOException {
        List<String> lines = new ArrayList<>();
        FileSystem store = manifest.getFileSystem(conf);
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(store.open(manifest), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static List<FileStatus> lookUpPatiently(JobConf job, Path path) throws IOException {
        int attempts = Math.max(1, job.getInt(ATTEMPTS, DEFAULT_ATTEMPTS));
        for (int attempt = 1; ; attempt++) {
            try {
                return lookUp(job, path);
            } catch (IOException error) {
                if (attempt >= attempts) {
                    throw new IOException("Looking up " + path + " of a manifest failed " + attempts + " times.", error);
                }
            }
            try {
                TimeUnit.SECONDS.sleep(1);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IOException("Interrupted while looking up " + path + ".", interrupted);
            }
        }
    }

    /** The files that a path or glob stands for; null if it matches nothing. */
    private static List<FileStatus> lookUp(JobConf job, Path path) throws IOException {
        TokenCache.obtainTokensForNamenodes(job.getCredentials(), new Path[] {path}, job);
        FileSystem store = path.getFileSystem(job);
        boolean skipHidden = job.getBoolean(SKIP_HIDDEN, false);
        List<FileStatus> files = new ArrayList<>();
        FileStatus[] matches = store.globStatus(path);
        if (matches == null || matches.length == 0) {
            return null;
        }
        for (FileStatus match : matches) {
            if (match.isFile()) {
                files.add(match);
                continue;
            }
            try {
                RemoteIterator<LocatedFileStatus> below = store.listFiles(match.getPath(), true);
                while (below.hasNext()) {
                    LocatedFileStatus file = below.next();
                    if (!skipHidden || !isHidden(file.getPath(), match.getPath())) {
                        files.add(file);
                    }
                }
            } catch (FileNotFoundException gone) {
                // Removed since the glob: as if it had never matched.
                continue;
            }
        }
        return files;
    }

    /** Whether a file or a directory on the way from the named one down to it is hidden. */
    private static boolean isHidden(Path file, Path named) {
        for (Path part = file; part != null && part.depth() > named.depth(); part = part.getParent()) {
            if (part.getName().startsWith("_") || part.getName().startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
