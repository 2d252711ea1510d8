#include "control/signalling/sdp/terms.h"

#include <algorithm>
#include <array>

namespace strata::control::sdp {
namespace {

// RFC 8829 section 5.1.2: which of these is written doesn't matter.
constexpr std::array<std::string_view, 4> kProtocols = {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP",
                                                        "RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"};

bool bundled(const Description& offer, const Media& media) {
    return !media.mid.empty() && std::ranges::find(offer.bundle, media.mid) != offer.bundle.end();
}

bool transportable(const Media& media) {
    return (media.kind == "audio" || media.kind == "video") && !media.rejected() &&
           media.rtcp_mux && std::ranges::find(kProtocols, media.protocol) != kProtocols.end();
}

// What a section says, else what the session says.
TransportAttributes effective(const Description& offer, const Media& media) {
    TransportAttributes attributes = media.transport;
    const TransportAttributes& session = offer.transport;
    if (attributes.ice_ufrag.empty()) attributes.ice_ufrag = session.ice_ufrag;
    if (attributes.ice_pwd.empty()) attributes.ice_pwd = session.ice_pwd;
    if (!attributes.fingerprint) attributes.fingerprint = session.fingerprint;
    if (attributes.setup == Setup::none) attributes.setup = session.setup;
    return attributes;
}

std::unexpected<Error> missing(const char* line, const char* what) {
    return refuse(ErrorCode::invalid_sdp, line, what);
}

}  // namespace

bool usable(const Description& offer, std::size_t index) {
    const Media& media = offer.media.at(index);
    if (!transportable(media)) return false;
    if (!offer.bundle.empty()) return bundled(offer, media);
    for (std::size_t i = 0; i < index; ++i)
        if (transportable(offer.media[i])) return false;
    return true;
}

Result<RemoteTransport> remote_transport(const Description& offer, std::size_t index) {
    const TransportAttributes transport = effective(offer, offer.media.at(index));
    if (transport.ice_ufrag.empty()) return missing("a=ice-ufrag", "it is missing");
    if (transport.ice_pwd.empty()) return missing("a=ice-pwd", "it is missing");
    if (!transport.fingerprint) return missing("a=fingerprint", "there is none with sha-256");
    if (transport.setup == Setup::none) return missing("a=setup", "it is missing");
    return RemoteTransport{
        .ice_ufrag = transport.ice_ufrag,
        .fingerprint = *transport.fingerprint,
        .own_setup = transport.setup == Setup::passive ? Setup::active : Setup::passive};
}

std::size_t tagged_section(const Description& offer, const std::vector<std::size_t>& accepted) {
    for (const std::string& mid : offer.bundle)
        for (const std::size_t index : accepted)
            if (offer.media.at(index).mid == mid) return index;
    return accepted.at(0);
}

}  // namespace strata::control::sdp
