#include "tests/unit/dataplane/worker/wire_objects.h"

namespace strata::dataplane {

api::Object transport_object(std::uint64_t id, std::uint8_t last_byte, std::uint32_t worker) {
    api::Object object;
    api::Transport& out = *object.mutable_transport();
    out.set_id(id);
    out.set_worker(worker);
    if (last_byte == 0) return object;
    const char bytes[] = {10, 0, 0, static_cast<char>(last_byte)};
    out.set_remote_address(bytes, sizeof bytes);
    out.set_remote_port(5000);
    return object;
}

api::Object secure_transport_object(std::uint64_t id, std::uint8_t last_byte,
                                    const api::Security& security) {
    api::Object object = transport_object(id, last_byte);
    *object.mutable_transport()->mutable_security() = security;
    return object;
}

api::Object track_object(std::uint64_t id, std::uint64_t transport, const std::string& codec,
                         const std::vector<std::uint32_t>& ssrcs, std::uint32_t payload_type) {
    api::Object object;
    api::Track& out = *object.mutable_track();
    out.set_id(id);
    out.set_transport(transport);
    out.set_codec(codec);
    out.set_clock_rate_hz(codec == "opus" ? 48'000 : 90'000);
    out.set_payload_type(payload_type);
    for (const std::uint32_t ssrc : ssrcs) out.add_encodings()->set_ssrc(ssrc);
    return object;
}

api::Object subscription_object(std::uint64_t id, std::uint64_t track, std::uint64_t transport,
                                std::uint32_t ssrc, std::uint32_t payload_type) {
    api::Object object;
    api::Subscription& out = *object.mutable_subscription();
    out.set_id(id);
    out.set_track(track);
    out.set_transport(transport);
    out.set_ssrc(ssrc);
    out.set_payload_type(payload_type);
    out.mutable_target()->set_spatial(3);
    out.mutable_target()->set_temporal(3);
    return object;
}

api::ObjectRef object_ref(api::ObjectKind kind, std::uint64_t id) {
    api::ObjectRef ref;
    ref.set_kind(kind);
    ref.set_id(id);
    return ref;
}

}  // namespace strata::dataplane
