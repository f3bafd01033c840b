//! Users reach what their roles allow: every route, and every role in the project of the path, in another project, and in
//! all projects. Each user acts with a personal access token.

use faultline_tests::users::NewUser;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::user::UserRole;
use serde_json::{Value, json};

use super::access::{call, path, request, rows};

/// Where the columns of [`super::access`] for each role of keys begin.
const CLIENT_COLUMNS: usize = 3;
const READ_COLUMNS: usize = 6;
const MEMBER_COLUMNS: usize = 9;
const ADMIN_COLUMNS: usize = 12;

/// Whether the route takes events, for which there are client keys.
fn takes_events(row: &[u16]) -> bool {
    row[CLIENT_COLUMNS..READ_COLUMNS].iter().any(|status| ![401, 403].contains(status))
        && row[..CLIENT_COLUMNS].iter().all(|status| *status >= 400)
}

/// Creates users with the role in the project of the path, in another project, and in all projects.
async fn tokens(faultline: &Faultline, role: UserRole) -> Vec<String> {
    let mut tokens = Vec::new();
    let single = |project: &str| json!({ "projects": { project: role } });
    for roles in [single("sample"), single("other"), json!({ "role": role })] {
        let user = faultline.new_user("Ada", roles).await;
        tokens.push(faultline.new_token(&user, UserRole::Owner).await);
    }
    tokens
}

/// A user gets the answers of a key with the same rights, except that users post no events.
#[tokio::test]
async fn every_route_and_every_role() {
    for (method, route, row) in rows() {
        let faultline = Faultline::new().await;
        faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
        for (role, columns) in
            [(UserRole::Viewer, READ_COLUMNS), (UserRole::Member, MEMBER_COLUMNS), (UserRole::Owner, ADMIN_COLUMNS)]
        {
            let like = if takes_events(&row) { READ_COLUMNS } else { columns };
            let mut statuses = Vec::new();
            for token in tokens(&faultline, role).await {
                let path = path(&faultline, route).await;
                statuses.push(call(&faultline, request(&method, route, &path, &token)).await.0);
            }
            assert_eq!(statuses, row[like..like + 3], "{method} {route} as {role:?}");
        }
    }
}

/// The routes of `/users/{id}` for one's own user, with a token of each role.
const OWN: &str = "
                                          viewer member owner
GET    /users/{id}                        200 200 200
PATCH  /users/{id}                        200 200 200
DELETE /users/{id}                        403 403 403
POST   /users/{id}/end-sessions           204 204 204
POST   /users/{id}/sign-in-key            403 403 403
POST   /users/{id}/sign-in-link           403 403 201
GET    /users/{id}/tokens                 200 200 200
POST   /users/{id}/tokens                 403 403 403
DELETE /users/{id}/tokens/{token}         404 404 404
";

#[tokio::test]
async fn every_route_of_ones_own_user() {
    let table: Vec<_> = OWN.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    let all = rows();
    let known = all.iter().filter(|(_, route, _)| route.starts_with("/users/{id}")).count();
    assert_eq!(table.iter().filter(|row| row.len() == 5).count(), known, "a route of users has no row");
    for row in table.iter().filter(|row| row.len() == 5) {
        let mut statuses = Vec::new();
        for role in ["viewer", "member", "owner"] {
            let faultline = Faultline::new().await;
            let user: NewUser = faultline.new_user("Ada", json!({ "role": role })).await;
            let token = faultline.new_token(&user, UserRole::Owner).await;
            let path = row[1].replace("{id}", &user.id).replace("{token}", "0123456789abcdef");
            let body = json!({ "name": "Ada Lovelace" }).to_string();
            let answer = faultline.call(row[0].parse().unwrap(), &path, &token, body).await;
            statuses.push(answer.status.as_u16().to_string());
        }
        assert_eq!(statuses, row[2..], "{} {}", row[0], row[1]);
    }
}

/// Nobody raises their own rights, or those of others beyond their own.
#[tokio::test]
async fn no_role_can_raise_itself() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let other = faultline.new_user("Eve", json!({ "role": "viewer" })).await;
    for (roles, is_project_owner) in [
        (json!({ "role": "member" }), false),
        (json!({ "projects": { "sample": "owner" } }), true),
        (json!({ "role": "viewer", "projects": { "sample": "owner" } }), true),
    ] {
        let user = faultline.new_user("Ada", roles).await;
        let token = faultline.new_token(&user, UserRole::Owner).await;
        let send = async |method: Method, path: String, body: Value| {
            faultline.call(method, &path, &token, body.to_string()).await.status.as_u16()
        };
        for body in [
            json!({ "role": "owner" }),
            json!({ "projects": { "other": "owner" } }),
            json!({ "projects": { "sample": "owner" } }),
            json!({ "disabled": false }),
        ] {
            assert_eq!(send(Method::PATCH, format!("/users/{}", user.id), body.clone()).await, 403, "{body}");
        }
        for (body, status) in [
            (json!({ "role": "owner" }), 403),
            (json!({ "disabled": true }), 403),
            (json!({ "name": "Mallory" }), 403),
            (json!({ "projects": { "other": "viewer" } }), 403),
            (json!({ "projects": { "sample": "owner", "other": "viewer" } }), 403),
            (json!({ "projects": { "sample": "owner" } }), if is_project_owner { 200 } else { 403 }),
            (json!({ "projects": { "sample": null } }), if is_project_owner { 200 } else { 403 }),
        ] {
            assert_eq!(send(Method::PATCH, format!("/users/{}", other.id), body.clone()).await, status, "{body}");
        }
        for (body, status) in [
            (json!({ "role": "viewer" }), 403),
            (json!({ "role": "viewer", "projects": { "sample": "viewer" } }), 403),
            (json!({ "projects": { "sample": "viewer", "other": "viewer" } }), 403),
            (json!({ "projects": { "sample": "owner" } }), if is_project_owner { 201 } else { 403 }),
        ] {
            assert_eq!(send(Method::POST, "/invitations".to_owned(), body.clone()).await, status, "{body}");
        }
    }
    let shown = faultline.get(&format!("/users/{}", other.id)).await;
    assert_eq!((&shown["user"]["role"], &shown["user"]["name"]), (&json!("viewer"), &json!("Eve")));
}
