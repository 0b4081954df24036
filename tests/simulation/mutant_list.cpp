// The list, in the order in which the product is walked through.
#include "tests/simulation/mutant_list.h"

#include <algorithm>
#include <vector>

namespace edgecert::simulation {

bool Mutant::is(Trait trait) const {
    return std::find(traits.begin(), traits.end(), trait) != traits.end();
}

const std::vector<Mutant>& mutants() {
    static const std::vector<Mutant> list{
        // trust
        {"intermediate_into_root", "intermediates are put into Root", {"I9"}, {Trait::unguarded}},
        {"misplaced_left_in_root", "an intermediate in Root is left there", {"I3"}},
        {"chain_forgotten_when_away", "a CA that is away has no chain", {"I1", "I3"}, {Trait::slow}},
        {"chain_in_use_distrusted", "the chain of what serves is removed with its declaration", {"I1"}},
        {"foreign_trust_removed",
         "trust that somebody else put there is removed",
         {"I10"},
         {Trait::unguarded}},
        {"authority_born_twice", "a CA whose folder is gone is made again", {"birth"}, {Trait::slow}},
        // requests
        {"taken_key_used_again",
         "a key that another request has is used again",
         {"I5", "convergence"},
         {Trait::slow}},
        {"issuance_used_again", "an issuance id that was asked for once is used again", {"I5", "no effect"}},
        {"own_name_left_out", "the common name is not among the requested names", {"I3"}},
        {"others_not_given_up", "older open requests stay open beside a new one", {"I5"}},
        {"resubmission_not_recognised", "--resubmit does not know its own request again", {"I6"}},
        {"noted_by_holder_only", "no other server learns that a request was sent", {"I5"}},
        {"sent_again_after_crash",
         "nothing says that a request is being sent: a crash sends it again",
         {"I5"}},
        {"lock_dropped_early", "the lock is dropped before a submission is decided", {"I5"}},
        {"any_answer_accepted", "an answer is installed whatever it says", {"I6"}},
        {"given_up_counts_again", "a request that was given up for good counts again", {"I5"}, {Trait::slow}},
        // judgement
        {"missing_name_accepted", "a certificate without a declared name satisfies", {"I3"}},
        {"usages_ignored", "a certificate for other usages satisfies", {"I3"}},
        {"name_order_matters", "the order of the names is significant", {"convergence"}},
        {"small_key_accepted", "a smaller key than declared satisfies", {"I3"}},
        {"certificate_shared", "two declarations that are alike take one another's certificate", {"I6"}},
        {"issuer_ignored", "a certificate of any CA satisfies", {"I3"}},
        // installation
        {"copy_not_foreseen", "a copy is planned with another label than it gets", {"foreseen"}},
        {"same_password_again", "every PFX has the same password", {"I11"}},
        // assignment
        {"assigned_before_installed", "assignment comes before installation", {"I2", "I6"}},
        {"barrier_skipped",
         "a pool switches although a server does not hold the certificate",
         {"I2"},
         {Trait::unguarded}},
        {"every_switch_joins", "every switch counts as a server that joins", {"I2"}},
        {"nobody_joins", "a server that serves nothing waits for the whole pool", {"I3"}},
        {"all_at_once", "more servers are switched at once than may be", {"I2"}},
        {"activation_forgotten", "services are not told of their new certificate", {"I3"}},
        {"no_way_back", "nothing goes back after a rejection", {"I2"}, {Trait::slow}},
        {"rejection_forgotten", "a rejection is not written at all", {"rejection"}},
        {"rejection_noted_late", "what was rejected is left before that is noted", {"rejection"}},
        {"failure_in_switch_stays",
         "what fails at the end of a switch is noted as one server's failure, and the pool stays switched",
         {"rejection"}},
        {"failure_of_one_for_all",
         "what one server does not get to work is taken back everywhere",
         {"rejection"}},
        {"failure_noted_as_rejection",
         "one server's failure is noted as a rejection of the certificate",
         {"rejection"}},
        {"retry_leaves_rejection", "a retry that succeeds leaves the rejection", {"no effect"}},
        {"key_not_looked_at",
         "a certificate counts as held without its key",
         {"I1", "I3"},
         {Trait::unguarded}},
        {"renewed_by_far_clock", "renewal is compared with a server's clock", {"I7"}},
        // retirement
        {"owner_ignored", "what somebody else installed is retired", {"I7", "I10"}, {Trait::unguarded}},
        {"retired_at_once", "superseded certificates go without waiting", {"I6", "I10"}},
        {"retired_before_settled", "the old certificate goes before the new one serves everywhere", {"I10"}},
        {"retirement_unannounced", "the plan does not say when it retires next", {"I7"}},
        // addresses
        {"server_target_switches", "a server as the target switches its roles", {"target"}},
        {"target_ignored", "a target does not narrow anything", {"target"}},
        // looking
        {"looking_writes", "looking at a server writes down again what is there", {"I12"}},
        {"units_in_given_order", "units stand in the plan as they were given", {"I8"}},
        {"key_in_words", "the words of a copy that failed hold the key's PFX file", {"I11"}},
        // the executor
        {"fit_not_checked", "what was not approved is carried out", {"I6"}},
        {"fields_not_compared", "a step with other fields than approved is carried out", {"I6"}},
        {"order_ignored", "steps do not wait for those before them", {"I2", "no effect"}},
        {"waiting_is_converged", "what still waits is called converged", {"I3"}},
        // the store in a folder
        {"file_not_synced", "a file is not synced before it gets its name", {"durable"}, {Trait::on_disks}},
        {"folder_not_synced", "a new name is not synced", {"durable"}, {Trait::on_disks}},
        {"sync_error_ignored",
         "an fsync that fails is taken for one that worked",
         {"durable"},
         {Trait::on_disks}},
        {"request_removed_first",
         "the request goes before the certificate has its key",
         {"I4"},
         {Trait::on_disks}},
        {"foreign_certificate_taken",
         "a certificate of somebody else becomes ours by an import",
         {"I10"},
         {Trait::on_disks}},
    };
    return list;
}

}  // namespace edgecert::simulation
