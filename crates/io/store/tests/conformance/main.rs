//! One suite, run on SQLite and on PostgreSQL: what [`Store`] promises.
//!
//! Each case gets a fresh store. On SQLite every case is a test; on PostgreSQL one test runs them all
//! on one server, each in a database of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod callers;
mod changes;
mod data;
mod definitions;
mod jobs;
mod model;
mod retention;
mod secrets;
mod stamps;
mod transfers;
mod waiting;

use std::sync::Arc;
use support::postgres::{Disk, Server};
use tollgate_store::Store;

/// A store and where it is, to open it again.
pub(crate) struct Place {
    pub(crate) store: Arc<Store>,
    pub(crate) url: String,
}

macro_rules! suite {
    ($($module:ident: $($case:ident),* $(,)?;)*) => {
        mod sqlite {
            $($(
                #[tokio::test]
                async fn $case() {
                    let folder = crate::support::Folder::new("conformance");
                    let url = format!("sqlite:{}", folder.path().join("store.db").display());
                    let store = std::sync::Arc::new(crate::support::open(&url).await);
                    crate::$module::$case(crate::Place { store, url }).await;
                }
            )*)*
        }

        #[tokio::test]
        async fn postgres() {
            let server = match Server::start(Disk::Lags) {
                Ok(server) => server,
                Err(why) => return support::skip(&why),
            };
            $($(
                eprintln!("on PostgreSQL: {}", stringify!($case));
                let url = server.database(stringify!($case));
                let store = Arc::new(support::open(&url).await);
                $module::$case(Place { store, url }).await;
            )*)*
        }
    };
}

suite! {
    definitions:
        an_integration_lives,
        an_integration_in_use_stays,
        names_are_unique_whatever_their_case,
        a_new_name_takes_its_actions_along,
        a_stale_update_changes_nothing,
        an_action_lives,
        lists_filter_sort_and_page,
        publishing_has_one_point,
        a_draft_does_not_overwrite_a_newer_action,
        one_of_many_writers_wins,
        bad_values_are_refused;
    stamps:
        a_stamp_is_the_action_without_its_documents,
        an_integration_has_so_many_bytes;
    changes:
        changes_tell_what_became_of_the_definitions,
        many_changes_come_in_parts;
    jobs:
        a_job_lives,
        a_claim_is_one_holders_and_ends,
        callers_that_have_enough_get_no_more,
        who_holds_a_job_takes_it_no_second_time,
        many_takers_take_each_job_once,
        jobs_have_bounds,
        a_cancelled_job_is_never_taken,
        a_job_whose_deadline_has_passed_is_given_to_be_ended,
        a_callback_keeps_a_job_open,
        what_is_sealed_of_jobs_comes_under_new_keys;
    transfers:
        what_is_brought_is_worked_on_and_goes,
        a_workflow_is_published_with_the_end_of_its_transfer,
        two_writers_of_a_transfer_never_mix,
        what_is_made_is_fetched_until_its_link_ends,
        transfers_have_bounds,
        links_end_with_what_their_caller_may,
        an_import_is_applied_whole_or_not_at_all;
    model:
        histories_follow_the_model;
    waiting:
        a_dropped_call_is_done_or_not,
        a_lock_is_waited_for_so_long;
    retention:
        old_entries_go_and_leave_a_proof,
        a_record_that_was_forged_is_found,
        a_batch_is_kept_once,
        a_revision_tells_of_every_change_of_definitions;
    secrets:
        a_credential_shows_names_only,
        a_credential_in_use_stays,
        credentials_come_from_where_the_cursor_is,
        keys_rotate_in_steps,
        wrong_keys_are_refused_at_start,
        a_value_moved_elsewhere_does_not_open,
        no_secret_is_in_the_database;
    callers:
        the_first_administrator_is_made_once,
        a_client_lives,
        one_administrator_remains,
        another_grant_gets_no_token,
        a_secret_gets_tokens_and_a_new_one_ends_them,
        tokens_end,
        tokens_are_bounded,
        denied_is_denied_whatever_is_wrong;
    data:
        a_table_and_its_rows_live,
        a_workflow_is_published_again_and_again,
        a_page_has_a_bound_in_bytes,
        usage_adds_up,
        the_audit_log_tells_all_and_keeps_it,
        a_failed_change_is_not_in_the_audit_log,
        many_nodes_start_at_once;
}
