//! Everything else that fills a log: page views, navigation, books, transcripts, requests, tasks, and the forum.

use anyhow::Result;
use serde_json::json;

use super::activity::{Activity, Details, Visit, text_payload};
use super::courses::WORDS;
use super::event::{Event, Payload};
use super::problems::{handler_path, position_request};

const REQUEST: &str = "{\"POST\": {}, \"GET\": {}}";

/// One event of the forum: posts, votes, searches.
pub(super) fn forum_event<'a>(activity: &mut Activity<'a>, visit: Visit<'a>) -> Event<'a> {
    let kinds = ["thread.created", "response.created", "comment.created", "thread.voted", "response.voted", "searched"];
    let kind = activity.random.pick(&kinds);
    let payload = if kind == "searched" {
        json!({"query": "x", "page": 1, "total_results": 0})
    } else {
        let url = activity.page_url(visit.course);
        let random = &mut activity.random;
        let length = 5 + random.index(75);
        json!({
            "body": random.words(&WORDS, length),
            "commentable_id": random.choose(&visit.course.topics),
            "id": random.hex(24),
            "truncated": false,
            "url": url,
            "user_course_roles": [],
            "user_forums_roles": ["Student"],
        })
    };
    activity.event(visit, Details::server(format!("edx.forum.{kind}"), Payload::Object(payload)))
}

/// One event of the kinds that most workflows skip.
pub(super) fn event<'a>(activity: &mut Activity<'a>, visit: Visit<'a>) -> Result<Event<'a>> {
    let course = visit.course;
    let empty = || Payload::Text("{}".to_owned());
    let request = || Payload::Text(REQUEST.to_owned());
    let page = activity.page_url(course);
    let event = match activity.random.below(9) {
        0 => activity.event(visit, Details::browser("page_close", empty(), page)),
        1 => {
            let kind = activity.random.pick(&["seq_next", "seq_prev", "seq_goto"]);
            let payload = text_payload(&json!({"old": 1, "new": 2, "id": course.block("sequential", "x")}))?;
            activity.event(visit, Details::browser(kind, payload, page))
        }
        2 => {
            let turn = json!({"type": "gotopage", "old": 3, "new": 4, "chapter": "/static/ü.pdf"});
            let details = Details::browser("book", text_payload(&turn)?, page);
            activity.event(visit, details)
        }
        3 => {
            let mut event = activity.event(visit, Details::server("/dashboard", request()));
            (event.context.course_id, event.context.org_id) = ("", "");
            event
        }
        4 => {
            let courseware = format!("courseware/{}/", course.chapters[0]);
            let view = activity.random.pick(&["info", "progress", courseware.as_str(), "jump_to/x"]);
            let path = format!("/courses/{}/{view}", course.id);
            let mut event = activity.event(visit, Details::server(path, request()));
            event.context.course_id = activity.random.pick(&[course.id.as_str(), "", ""]);
            event
        }
        5 => {
            let payload = Payload::Object(json!({"task": activity.random.hex(15)}));
            let mut details = Details::server("edx.instructor.report", payload);
            details.source = "task";
            activity.event(visit, details)
        }
        6 => {
            let block = course.block("vertical", "abc123");
            let url = format!("https://courses.example.org/xblock/{block}?show_title=0");
            let mut event = activity.event(visit, Details::browser("page_close", empty(), url));
            event.context.course_id = "";
            event
        }
        7 => {
            let path = handler_path(&course.id, &course.block("sequential", "x"), "goto_position");
            let payload = text_payload(&position_request(&mut activity.random))?;
            activity.event(visit, Details::server(path, payload))
        }
        _ => {
            let video = activity.random.choose(&course.videos);
            let payload = text_payload(&json!({"id": video.id, "code": "html5", "currentTime": 3.5}))?;
            activity.event(visit, Details::browser("show_transcript", payload, page))
        }
    };
    Ok(event)
}
