//! What single workflows read.

use super::Unset::{self, Default, Required, RequiredWith, Without};
use super::{KnownSetting, setting};

pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("enrollments", "Enrollment."),
    ("location-per-course", "Geography."),
    ("geolocation", "Geography: the database of addresses."),
    ("user-activity", "Activity of each week."),
    ("videos", "Video."),
    ("google", "Video: durations from YouTube."),
    ("answer-distribution", "Answer distribution."),
    ("module-engagement", "Learner engagement and the roster."),
    ("module_engagement", "The old spelling of [module-engagement]."),
    ("elasticsearch", "The search engine of the roster."),
    ("course-summary-enrollment", "Enrollment: the course catalog."),
    ("course-catalog-api", "The course catalog's interface."),
    ("edx-rest-api", "Access to the course catalog."),
];

const FIRST_DAY: &str = "First day that counts";
const AGAIN: &str = "Days before the end that are read from the logs again";
const WITH_SEARCH_ENGINE: Unset = RequiredWith("a search engine", ["elasticsearch", "host"]);
const WITH_CATALOG: Unset = RequiredWith("the catalog", ["course-summary-enrollment", "enable_course_catalog"]);

pub(super) const SETTINGS: &[KnownSetting] = &[
    setting("enrollments", "interval_start", FIRST_DAY, Required, "2024-01-01"),
    setting("enrollments", "overwrite_n_days", AGAIN, Required, "2"),
    setting("location-per-course", "interval_start", FIRST_DAY, Required, "2024-01-01"),
    setting("location-per-course", "overwrite_n_days", AGAIN, Required, "14"),
    setting(
        "geolocation",
        "geolocation_data",
        "Database of addresses of the form mmdb, such as GeoLite2-Country",
        Required,
        "/var/lib/insights/GeoLite2-Country.mmdb",
    ),
    setting("user-activity", "overwrite_n_days", AGAIN, Required, "3"),
    setting("videos", "interval_start", FIRST_DAY, Without("that of [enrollments]"), "2024-01-01"),
    setting("videos", "overwrite_n_days", AGAIN, Default("3"), "3"),
    setting("videos", "dropoff_threshold", "Share of viewers that ends a video's last segment", Default("0.05"), "0.05"),
    setting("videos", "allow_empty_insert", "Whether tables may be replaced by no rows", Default("false"), "false"),
    setting("google", "api_key", "Key of the YouTube service", Without("YouTube is never asked"), "KEY").secret(),
    setting(
        "google",
        "api_url",
        "Another address of the service",
        Without("the service's own"),
        "https://www.googleapis.com/youtube/v3/videos",
    ),
    setting(
        "answer-distribution",
        "valid_response_types",
        "Response types whose answers count, separated by commas",
        Default("choiceresponse,optionresponse,multiplechoiceresponse,numericalresponse,stringresponse,formularesponse"),
        "choiceresponse,optionresponse,multiplechoiceresponse,numericalresponse,stringresponse,formularesponse",
    ),
    setting("module-engagement", "alias", "Alias of the roster index, as its reader knows it", WITH_SEARCH_ENGINE, "roster"),
    setting("module-engagement", "number_of_shards", "Shards of a new roster index", WITH_SEARCH_ENGINE, "5"),
    setting("module-engagement", "overwrite_n_days", AGAIN, Default("3"), "3"),
    setting("module-engagement", "allow_empty_insert", "Whether tables may be replaced by no rows", Default("false"), "false"),
    setting(
        "module-engagement",
        "store_anonymous_username",
        "User name under which events without one are kept",
        Without("they are left out"),
        "anonymous",
    ),
    setting("module-engagement", "throttle", "Seconds between two batches that the roster's loader sends", Default("0.75"), "0.75"),
    setting("module_engagement", "overwrite_n_days", AGAIN, Without("that of [module-engagement]"), "3"),
    setting(
        "elasticsearch",
        "host",
        "URLs of the search engine, a JSON list",
        Without("no roster index is made"),
        r#"["http://127.0.0.1:9200/"]"#,
    ),
    setting("elasticsearch", "username", "User of the search engine", Without("no credentials are sent"), "insights"),
    setting("elasticsearch", "password", "Password of that user", Without("no credentials are sent"), "PASSWORD").secret(),
    setting("elasticsearch", "timeout", "Seconds that an answer may take", Default("60"), "60"),
    setting(
        "elasticsearch",
        "ca_certificate",
        "File of certificates (PEM) that signed the engine's",
        Without("those of the system"),
        "/etc/insights/ca.pem",
    ),
    setting("elasticsearch", "connection_type", "urllib, or aws for signed requests", Default("urllib"), "urllib"),
    setting("elasticsearch", "region", "Region of signed requests", Default("us-east-1"), "us-east-1"),
    setting("elasticsearch", "marker-index", "Index that says what was loaded", Default("index_updates"), "index_updates"),
    setting("elasticsearch", "marker-doc-type", "Type of its documents, in engines with types", Default("marker"), "marker"),
    setting("elasticsearch", "name_search", "words, or exact as in the mapping without types before", Default("words"), "words"),
    setting("course-summary-enrollment", "enable_course_catalog", "Whether the course catalog is pulled", Default("false"), "false"),
    setting("course-catalog-api", "partner_short_codes", "Partners whose courses are pulled, a JSON list", Default("[]"), r#"["openedx"]"#),
    setting(
        "course-catalog-api",
        "partner_api_urls",
        "A root for each partner, a JSON list",
        Default("[]"),
        r#"["https://discovery.example.org/api/v1/"]"#,
    ),
    setting(
        "course-catalog-api",
        "api_root_url",
        "Root of the catalog for all partners",
        Without("each partner needs its own in partner_api_urls"),
        "https://discovery.example.org/api/v1/",
    ),
    setting("course-catalog-api", "page_size", "Course runs in one answer", Default("100"), "100"),
    setting("course-catalog-api", "skip_overlong_courses", "Leave out courses whose texts are too long", Default("false"), "false"),
    setting("edx-rest-api", "auth_url", "Where access tokens are asked for", WITH_CATALOG, "https://lms.example.org/oauth2/access_token/"),
    setting("edx-rest-api", "client_id", "Name of the client", WITH_CATALOG, "insights"),
    setting("edx-rest-api", "client_secret", "Secret of the client", WITH_CATALOG, "SECRET").secret(),
    setting("edx-rest-api", "oauth_username", "User, where a token is for one", Without("a token of the client"), "insights"),
    setting("edx-rest-api", "oauth_password", "Password of that user", Without("a token of the client"), "PASSWORD").secret(),
    setting("edx-rest-api", "timeout", "Seconds until an answer counts as lost", Default("60"), "60"),
];
