#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/api/strata.pb.h"
#include "dataplane/server/object_builder.h"

// What several kinds of objects are asked and refused for.
namespace strata::dataplane {

inline std::string serialized(const google::protobuf::MessageLite& message) {
    return message.SerializeAsString();
}

inline ObjectProblem unknown(const char* code, const char* what, std::uint64_t id) {
    return {code, std::string(what) + " " + std::to_string(id) + " doesn't exist"};
}

inline ObjectProblem no_room(const char* what, std::uint32_t limit, const char* key) {
    return {"capacity",
            "there is room for " + std::to_string(limit) + " " + what + " (limits." + key + ")"};
}

// C25: what was sent under them is forgotten, and might be sent again.
inline ObjectProblem keys_used(std::uint64_t id) {
    return {"keys-used", "transport " + std::to_string(id) +
                             " needs new keys: something was sent under these before"};
}

// It waits for a packet that says where it is.
inline bool latches(const api::Transport& spec) {
    return spec.remote_address().empty() && !spec.has_ice();
}

inline std::vector<std::uint32_t> ssrcs_of(const api::Track& spec) {
    std::vector<std::uint32_t> ssrcs;
    for (const api::Encoding& encoding : spec.encodings())
        for (const std::uint32_t ssrc : {encoding.ssrc(), encoding.rtx_ssrc()})
            if (ssrc != 0) ssrcs.push_back(ssrc);
    return ssrcs;
}

inline std::vector<std::uint32_t> ssrcs_of(const api::Subscription& spec) {
    std::vector<std::uint32_t> ssrcs{spec.ssrc()};
    if (spec.rtx_ssrc() != 0) ssrcs.push_back(spec.rtx_ssrc());
    return ssrcs;
}

}  // namespace strata::dataplane
