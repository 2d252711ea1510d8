#include <algorithm>
#include <vector>

#include "relay/ice/agent.h"
#include "relay/ice/stun_answer.h"
#include "relay/ice/stun_message.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

constexpr std::string_view kPassword = "password-of-22-letters";
constexpr TimeUs kNow = 1'000'000;

void check_views(std::span<const std::uint8_t> packet, const StunMessage& message) {
    INVARIANT(message.unknown_count <= message.unknown.size());
    if (message.username) {
        const auto* begin = reinterpret_cast<const std::uint8_t*>(message.username->data());
        INVARIANT(begin >= packet.data() &&
                  begin + message.username->size() <= packet.data() + packet.size());
    }
    INVARIANT(message.integrity_offset == 0 || message.integrity_offset + 24 <= packet.size());
}

// Whatever it says, an answer to it is a message.
void check_answers(const StunMessage& message, const HmacSha1Key& key) {
    std::array<std::uint8_t, kStunAnswerBytes> buffer;
    StunMessage answer;
    INVARIANT(parse_stun(write_stun_error(buffer, message, 420, &key), answer));
    const std::array<std::uint8_t, 16> address{};
    const auto success = write_stun_success(buffer, message, {address, 9}, key);
    INVARIANT(parse_stun(success, answer) && has_integrity(success, answer, key));
}

}  // namespace

// Once as it is, once signed with the session's password, so that what comes behind is reached.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HmacSha1Key key(
        {reinterpret_cast<const std::uint8_t*>(kPassword.data()), kPassword.size()});
    IceAgent agent({{"ours", kPassword, "theirs"}}, {});
    const std::span<const std::uint8_t> packet(data, size);
    StunMessage message;
    if (!parse_stun(packet, message)) return 0;
    check_views(packet, message);
    check_answers(message, key);
    agent.on_request(packet, message, kNoIceTuple, false, kNow);

    std::vector<std::uint8_t> buffer(size + 600);
    StunWriter writer(buffer, StunClass::request, message.transaction);
    writer.username("ours:theirs");
    for (std::size_t i = 0; i < message.unknown_count; ++i)
        writer.attribute(static_cast<StunAttribute>(message.unknown[i]), {});
    if (message.controlled) writer.tie_breaker(StunAttribute::ice_controlled, *message.controlled);
    if (message.use_candidate) writer.use_candidate();
    writer.message_integrity(key);
    writer.fingerprint();
    INVARIANT(parse_stun(writer.written(), message));
    const IceAdmission admission =
        agent.on_request(writer.written(), message, kNoIceTuple, false, kNow);
    INVARIANT(admission.verdict == IceVerdict::valid || admission.verdict == IceVerdict::replayed ||
              admission.verdict == IceVerdict::unknown_attribute ||
              admission.verdict == IceVerdict::role_conflict);
    INVARIANT((admission.tuple == kNoIceTuple) == (admission.verdict != IceVerdict::valid));
    return 0;
}
