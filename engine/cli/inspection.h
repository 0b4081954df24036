// Inspection: what every command that looks at servers goes through: manifests, the world, units, and one
// look at all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/cli/console.h"
#include "engine/cli/declared.h"
#include "engine/cli/fleet_units.h"
#include "resources/world/real_world.h"

namespace edgecert {

class Inspection final {
public:
    // Loads the manifests, for warnings as of `at`, and opens the world. Throws as declared() does. `console`
    // outlives this.
    Inspection(const Options& options, const Console& console, Instant at);
    Inspection(const Inspection&) = delete;
    Inspection& operator=(const Inspection&) = delete;
    ~Inspection() = default;

    [[nodiscard]] const Fleet& fleet() const { return declared_.fleet; }
    [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return declared_.diagnostics; }
    [[nodiscard]] RealWorld& world() { return world_; }
    [[nodiscard]] const Console& console() const { return console_; }
    [[nodiscard]] int parallel() const { return parallel_; }

    // Units of what `targets` touch (no targets: of everything), not observed yet.
    [[nodiscard]] FleetUnits& open(const std::vector<std::string>& targets);
    // The same, observed in parallel.
    [[nodiscard]] FleetUnits& look(const std::vector<std::string>& targets, Sessions after = Sessions::end);
    // What was looked at, as `observe` saves it.
    [[nodiscard]] Observation observation() const;
    // The plan of what was looked at; what could not be observed is in it as failed.
    [[nodiscard]] Plan plan(const PlanInputs& inputs) const;

private:
    Declared declared_;
    RealWorld world_;
    const Console& console_;
    int parallel_;
    std::unique_ptr<FleetUnits> units_{};
    Failures failures_{};  // of the last look
};

// The plan of a saved observation, which touches nothing; to look at only.
[[nodiscard]] Plan plan_observed(const Declared& declared, Observation observation, const PlanInputs& inputs);
[[nodiscard]] Observation read_observation(const std::string& path, x509::CertificateCache& cache);

// What `parse` makes of a file's bytes; what it throws names the file.
template <class Parse>
[[nodiscard]] auto naming(const std::string& path, const Parse& parse) {
    try {
        return parse();
    } catch (const Error& error) {
        Diagnostic why = error.diagnostic();
        why.text = path + ": " + why.text;
        throw Error(std::move(why));
    }
}

}  // namespace edgecert
