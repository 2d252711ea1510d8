#include <memory>
#include <utility>

#include "dataplane/server/desired_state.h"
#include "dataplane/server/object_problems.h"

// Keys and ICE credentials of transports change in place.
namespace strata::dataplane {

// In place: the worker goes on with its roll-over counters (RFC 3711 section 3.3.1).
DesiredState::Problem DesiredState::update_security(TransportRecord& record,
                                                    const api::Transport& given,
                                                    const api::Transport& redacted) {
    if (serialized(record.spec.security()) == serialized(redacted.security())) return {};
    auto secure = build_security(given.security(), *cipher_, limits_.transport.srtp);
    if (!secure) return secure.error();
    const std::string& key = redacted.security().outbound_key();
    if (!key.empty() && key == record.spec.security().outbound_key()) return keys_used(given.id());
    if (fingerprints_.retired(redacted)) return keys_used(given.id());
    fingerprints_.retire(record.spec);
    if (*secure) (*secure)->held = given.security().flight_follows();
    *record.spec.mutable_security() = redacted.security();
    submit(workers_[record.home.worker], {.kind = Command::Kind::set_security,
                                          .transport = record.object.get(),
                                          .secure = secure->release()});
    return {};
}

// In place: media goes on while the credentials change (C44).
DesiredState::Problem DesiredState::update_ice(TransportRecord& record,
                                               const api::Transport& spec) {
    auto credentials = build_credentials(spec.ice());
    if (!credentials) return credentials.error();
    if (const Problem problem = check_ufrags(spec)) return problem;
    const bool same = serialized(record.spec.ice()) == serialized(spec.ice());
    forget_ufrags(record.spec);
    set_ufrags(spec);
    record.spec = spec;
    if (same) return {};  // only where it was last, which the worker knows better
    relay::IceLimits limits = limits_.transport.ice;
    if (spec.ice().consent_timeout_ms() != 0)
        limits.consent_timeout_us = relay::TimeUs{spec.ice().consent_timeout_ms()} * 1000;
    auto change = std::make_unique<IceChange>(std::move(*credentials), limits.consent_timeout_us);
    submit(workers_[record.home.worker], {.kind = Command::Kind::set_ice,
                                          .transport = record.object.get(),
                                          .ice = change.release()});
    return {};
}

DesiredState::Problem DesiredState::check_ufrags(const api::Transport& spec) const {
    for (const api::IceCredentials& one : spec.ice().credentials())
        if (const auto at = ufrags_.find(one.local_ufrag());
            at != ufrags_.end() && at->second != spec.id())
            return ObjectProblem{"ufrag-in-use", "another transport has the local user fragment " +
                                                     one.local_ufrag()};
    return {};
}

void DesiredState::set_ufrags(const api::Transport& spec) {
    for (const api::IceCredentials& one : spec.ice().credentials())
        ufrags_[one.local_ufrag()] = spec.id();
    if (sessions_ == nullptr) return;
    const auto worker = static_cast<std::uint16_t>(homes_[spec.worker()].worker);
    for (const api::IceCredentials& one : spec.ice().credentials())
        sessions_->put(one.local_ufrag(), worker);
}

void DesiredState::forget_ufrags(const api::Transport& spec) {
    for (const api::IceCredentials& one : spec.ice().credentials()) {
        ufrags_.erase(one.local_ufrag());
        if (sessions_ != nullptr) sessions_->remove(one.local_ufrag());
    }
}

}  // namespace strata::dataplane
