// The list, in the order in which the product is walked through.
#include "tests/simulation/mutant_list.h"

#include <vector>

namespace edgecert::simulation {

const std::vector<Mutant>& mutants() {
    static const std::vector<Mutant> list{
        // trust
        {"intermediate_into_root", "intermediates are put into Root", false},
        {"misplaced_left_in_root", "an intermediate in Root is left there", false},
        {"chain_forgotten_when_away", "a CA that is away has no chain", false, true},
        {"chain_in_use_distrusted", "the chain of what serves is removed with its declaration", false},
        {"foreign_trust_removed", "trust that somebody else put there is removed", false},
        {"authority_born_twice", "a CA whose folder is gone is made again", false, true},
        // requests
        {"taken_key_used_again", "a key that another request has is used again", false, true},
        {"issuance_used_again", "an issuance id that was asked for once is used again", false},
        {"own_name_left_out", "the common name is not among the requested names", false},
        {"others_not_given_up", "older open requests stay open beside a new one", false},
        {"resubmission_not_recognised", "--resubmit does not know its own request again", false},
        {"noted_by_holder_only", "no other server learns that a request was sent", false},
        {"sent_again_after_crash",
         "nothing says that a request is being sent: a crash sends it again",
         false},
        {"lock_dropped_early", "the lock is dropped before a submission is decided", false},
        {"any_answer_accepted", "an answer is installed whatever it says", false},
        {"given_up_counts_again", "a request that was given up for good counts again", false},
        // judgement
        {"missing_name_accepted", "a certificate without a declared name satisfies", false},
        {"name_order_matters", "the order of the names is significant", false},
        {"small_key_accepted", "a smaller key than declared satisfies", false},
        {"certificate_shared", "two declarations that are alike take one another's certificate", false},
        {"issuer_ignored", "a certificate of any CA satisfies", false},
        // installation
        {"copy_not_foreseen", "a copy is planned with another label than it gets", false},
        {"same_password_again", "every PFX has the same password", false},
        // assignment
        {"assigned_before_installed", "assignment comes before installation", false},
        {"barrier_skipped", "a pool switches although a server does not hold the certificate", false},
        {"every_switch_joins", "every switch counts as a server that joins", false},
        {"all_at_once", "more servers are switched at once than may be", false},
        {"activation_forgotten", "services are not told of their new certificate", false},
        {"no_way_back", "nothing goes back after a rejection", false},
        {"rejection_forgotten", "a rejection is not written at all", false},
        {"retry_leaves_rejection", "a retry that succeeds leaves the rejection", false},
        {"key_not_looked_at", "a certificate counts as held without its key", false},
        {"renewed_by_far_clock", "renewal is compared with a server's clock", false},
        // retirement
        {"owner_ignored", "what somebody else installed is retired", false},
        {"retired_at_once", "superseded certificates go without waiting", false},
        {"retired_before_settled", "the old certificate goes before the new one serves everywhere", false},
        {"last_copy_retired", "an absent server's last copy of a needed key goes", false},
        {"retirement_unannounced", "the plan does not say when it retires next", false},
        // addresses
        {"server_target_switches", "a server as the target switches its roles", false},
        {"target_ignored", "a target does not narrow anything", false},
        // the executor
        {"fit_not_checked", "what was not approved is carried out", false},
        {"fields_not_compared", "a step with other fields than approved is carried out", false},
        {"order_ignored", "steps do not wait for those before them", false},
        {"waiting_is_converged", "what still waits is called converged", false},
        // the store in a folder
        {"file_not_synced", "a file is not synced before it gets its name", true},
        {"folder_not_synced", "a new name is not synced", true},
        {"sync_error_ignored", "an fsync that fails is taken for one that worked", true},
        {"request_removed_first", "the request goes before the certificate has its key", true},
        {"foreign_certificate_taken", "a certificate of somebody else becomes ours by an import", true},
    };
    return list;
}

}  // namespace edgecert::simulation
