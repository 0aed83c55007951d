//! What a table on a server can hold counts, and not the server's mode.

use insights_pipeline::stores::fit::Misfit;
use insights_pipeline::stores::mysql::MysqlStore;
use insights_pipeline::stores::{LoadMode, LoadRequest, ResultStore};
use insights_pipeline::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;
use insights_pipeline::workflows::video::tables::VIDEO_TIMELINE;
use mysql::prelude::Queryable;

use crate::fixture::{GOOD, lines, mysql_store, with_value};
use crate::servers::MariaDb;

/// A table that somebody made with other columns: what they hold decides, and what only the server knows is asked of it.
#[test]
fn limits_of_the_table_on_the_server_count() {
    for bulk in [true, false] {
        let fixture = mysql_store(bulk);
        fixture.store.create_table(&VIDEO_TIMELINE).unwrap();
        fixture.query("ALTER TABLE video_timeline CONVERT TO CHARACTER SET utf8mb3");
        let text = "c|日本\t1\t1\t1\nc|😀\t2\t1\t1\nc|v\t3\t1\t1\n";
        let report = fixture.load(&VIDEO_TIMELINE, "1", LoadMode::Overwrite, text).unwrap();
        assert_eq!((report.rows, report.rejected.reasons.get(&Misfit::NoSuchCharacter)), (2, Some(&1)));
        assert!(report.rejected.told().contains("CONVERT TO CHARACTER SET utf8mb4"));
        assert_eq!(fixture.segments(), ["1", "3"]);

        fixture.query("DELETE FROM video_timeline");
        fixture
            .query("ALTER TABLE video_timeline MODIFY pipeline_video_id VARCHAR(4) CHARACTER SET latin1 NOT NULL, MODIFY segment BIGINT");
        let text = "c|é\t1\t1\t1\nc|日\t2\t1\t1\nc|long\t3\t1\t1\nc|v\t3000000000\t1\t1\n";
        let report = fixture.load(&VIDEO_TIMELINE, "2", LoadMode::OverwriteBySwap, text).unwrap();
        assert_eq!(report.rejected.reasons.keys().copied().collect::<Vec<_>>(), [Misfit::TooLong, Misfit::NoSuchCharacter]);
        assert_eq!(fixture.segments(), ["1", "3000000000"]);

        // A character set and a type that are left to the server.
        fixture.query("DELETE FROM video_timeline");
        fixture
            .query("ALTER TABLE video_timeline MODIFY pipeline_video_id VARCHAR(255) CHARACTER SET gbk NOT NULL, MODIFY segment SMALLINT");
        let text = "c|日\t1\t1\t1\nc|😀\t2\t1\t1\nc|v\t70000\t1\t1\nc|v\t4\t1\t1\n";
        let report = fixture.load(&VIDEO_TIMELINE, "3", LoadMode::Overwrite, text).unwrap();
        assert_eq!(report.rejected.reasons.into_iter().collect::<Vec<_>>(), [(Misfit::Refused, 2)]);
        assert_eq!(fixture.segments(), ["1", "4"]);
    }
}

/// The mode of the server decides nothing: it would store something else than the value.
#[test]
fn a_server_that_is_not_strict_leaves_out_the_same_rows() {
    let server = MariaDb::own(&["--sql-mode="]);
    for bulk in [true, false] {
        let database = MariaDb::new_database();
        let store = MysqlStore::new(server.target(&database));
        let text = format!("{GOOD}{}{}{}", with_value(4, "x"), with_value(0, &"x".repeat(256)), with_value(0, "\\N"));
        let request = LoadRequest { bulk, ..LoadRequest::new(&ANSWER_DISTRIBUTION, "1") };
        let report = store.load(&request, &mut lines(&ANSWER_DISTRIBUTION, &text)).unwrap();
        assert_eq!((report.rows, report.rejected.rows()), (1, 3));

        // Nor does it where only the server knows what a column holds.
        store.create_table(&VIDEO_TIMELINE).unwrap();
        let mut connection = server.connect();
        let types = "MODIFY segment SMALLINT, MODIFY num_users INT UNSIGNED";
        connection.query_drop(format!("ALTER TABLE {database}.video_timeline {types}")).unwrap();
        let request = LoadRequest { bulk, ..LoadRequest::new(&VIDEO_TIMELINE, "2") };
        let text = "v\t40000\t1\t1\nv\t1\t-5\t1\nv\t2\t1\t1\n";
        let report = store.load(&request, &mut lines(&VIDEO_TIMELINE, text)).unwrap();
        assert_eq!((report.rows, report.rejected.rows()), (1, 2));
    }
}

/// Neither by a statement, whose packet would cost the connection, nor by a stream, after which no client that keeps to the limit could read it.
#[test]
fn a_row_beyond_a_packet_is_left_out() {
    let server = MariaDb::own(&["--max-allowed-packet=1M"]);
    for bulk in [true, false] {
        let database = MariaDb::new_database();
        let store = MysqlStore::new(server.target(&database));
        let [small, large, beyond] = [300_000, 1_040_000, 1_200_000].map(|length| with_value(7, &"x".repeat(length)));
        let text = format!("{GOOD}{small}{large}{beyond}{GOOD}{small}");
        let request = LoadRequest { bulk, ..LoadRequest::new(&ANSWER_DISTRIBUTION, "1") };
        let report = store.load(&request, &mut lines(&ANSWER_DISTRIBUTION, &text)).unwrap();
        assert_eq!((report.rows, report.rejected.reasons.get(&Misfit::RowTooLong)), (5, Some(&1)), "{bulk}");
        let told = report.rejected.told();
        assert!(told.contains("part-00000, line 4: the row has 12002") && told.contains("raise it"), "{told}");
        let mut conn = server.connect();
        let lengths: Vec<usize> = conn
            .query(format!("SELECT answer_value_text FROM {database}.answer_distribution ORDER BY id"))
            .unwrap()
            .iter()
            .map(String::len)
            .collect();
        assert_eq!(lengths, [1, 300_000, 1_040_000, 1, 300_000], "each can be read");
    }
}
