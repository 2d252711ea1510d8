#include <string_view>

#include "control/api/spec_reader.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

namespace {

// What is refused says why.
template <typename Spec>
bool read(const Result<Spec>& spec) {
    INVARIANT(spec || !spec.error().detail.empty());
    return spec.has_value();
}

void read_track_body(std::string_view body) {
    const auto track = read_track(body);
    if (!read(track)) return;
    INVARIANT(track->payload_type < 128 && track->rtx_payload_type < 128);
    INVARIANT(track->red_payload_type < 128);
    for (const auto& [id, uri] : track->extensions) INVARIANT(uri.size() <= body.size());
}

void read_subscription_body(std::string_view body) {
    const auto subscription = read_subscription(body);
    if (!read(subscription)) return;
    INVARIANT(!subscription->ssrc || *subscription->ssrc != 0);
    INVARIANT(!subscription->payload_type || *subscription->payload_type < 128);
}

}  // namespace

// The first byte names the resource, the rest is the body of a request.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 6) {
        case 0: read(read_room(body)); break;
        case 1: read(read_profile(body)); break;
        case 2: read(read_participant(body)); break;
        case 3: read_track_body(body); break;
        case 4: read_subscription_body(body); break;
        default: read(read_layers(body));
    }
    return 0;
}
