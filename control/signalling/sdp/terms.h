#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "control/room/error.h"
#include "control/signalling/sdp/description.h"

// What of an offer concerns its transport, and which media sections can be used at all.
namespace strata::control::sdp {

// The peer's end of the one transport that its bundle makes.
struct RemoteTransport {
    std::string ice_ufrag;
    Fingerprint fingerprint{};
    // What is answered: passive wherever the peer lets us, since the DTLS server chooses the SRTP
    // profile (C45).
    Setup own_setup = Setup::passive;
};

// What section `index` says, else the session. Missing credentials, no SHA-256 fingerprint or no
// setup are refused as invalid_sdp.
Result<RemoteTransport> remote_transport(const Description& offer, std::size_t index);

// Of the sections that are accepted, the one whose transport the bundle takes: the first in the
// group's own order (RFC 8843 section 7.3). Sections may have different ones until then.
std::size_t tagged_section(const Description& offer, const std::vector<std::size_t>& accepted);

// Whether section `index` can be accepted: RTP over DTLS, RTCP on the same port, and in the bundle
// (or alone, where nothing is bundled).
bool usable(const Description& offer, std::size_t index);

}  // namespace strata::control::sdp
