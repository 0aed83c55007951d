package org.edx.hadoop.input;

import java.io.IOException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.KeyValueTextInputFormat;
import org.openedx.insights.hadoop.Manifest;

/**
 * The manifest format under the name that operators' configurations have. Splits and lines are those of Hadoop's key and value
 * text: streaming hands a line without a TAB on with one at its end.
 */
public class ManifestTextInputFormat extends KeyValueTextInputFormat {
    @Override
    protected FileStatus[] listStatus(JobConf job) throws IOException {
        return Manifest.expand(job, super.listStatus(job));
    }
}
