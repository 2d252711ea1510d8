#include "control/signalling/sdp/answer.h"

namespace strata::control::sdp {

std::uint32_t candidate_priority(bool tcp, std::size_t index) {
    constexpr std::uint32_t kHost = 126, kTcpHost = 90, kComponent = 1;
    const auto local = static_cast<std::uint32_t>(65535 - (index < 65535 ? index : 65535));
    return (tcp ? kTcpHost : kHost) << 24 | local << 8 | (256 - kComponent);
}

Description make_answer(const Description& offer, std::map<std::size_t, Media> accepted,
                        const LocalTransport& local, std::uint64_t session_id) {
    Description answer{.session_id = session_id,
                       .session_version = 1,
                       .ice_lite = true,
                       .extmap_allow_mixed = offer.extmap_allow_mixed};
    bool first = true;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const auto it = accepted.find(i);
        if (it == accepted.end()) {
            const Media& offered = offer.media[i];
            answer.media.push_back({.kind = offered.kind,
                                    .port = 0,
                                    .protocol = offered.protocol,
                                    .format_names = offered.format_names,
                                    .mid = offered.mid});
            continue;
        }
        Media& section = it->second;
        section.transport = {local.ice_ufrag, local.ice_pwd, local.fingerprint, local.setup};
        if (!local.candidates.empty()) section.port = local.candidates.front().port;
        if (first) {
            section.candidates = local.candidates;
            section.end_of_candidates = true;
        }
        first = false;
        if (!offer.bundle.empty()) answer.bundle.push_back(section.mid);
        answer.media.push_back(std::move(section));
    }
    return answer;
}

}  // namespace strata::control::sdp
