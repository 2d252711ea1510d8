#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/signalling/sdp/description.h"

namespace strata::control::sdp {

// Our end of a transport.
struct LocalTransport {
    std::string ice_ufrag, ice_pwd;
    Fingerprint fingerprint{};
    Setup setup = Setup::passive;
    std::vector<Candidate> candidates;  // all there will ever be, best first
};

// Highest priority first (RFC 8445 section 5.1.2.1): UDP before TCP, then in the order of `index`.
std::uint32_t candidate_priority(bool tcp, std::size_t index);

// Answers `offer` with `accepted` (index of the offer's section → our section without transport);
// all others are rejected and leave the bundle.
Description make_answer(const Description& offer, std::map<std::size_t, Media> accepted,
                        const LocalTransport& local, std::uint64_t session_id);

}  // namespace strata::control::sdp
