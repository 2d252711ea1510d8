// Both ways against libnice's STUN, which GStreamer's peers speak.
#include <gtest/gtest.h>
#include <stun/stunagent.h>
#include <stun/stunmessage.h>

#include <cstring>
#include <string>

#include "relay/ice/stun_answer.h"
#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay::third_party_test {
namespace {

constexpr std::string_view kPassword = "password-of-22-letters";

struct NicePeer {
    explicit NicePeer(StunAgentUsageFlags usage) {
        static const std::uint16_t known[] = {
            STUN_ATTRIBUTE_USERNAME,        STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
            STUN_ATTRIBUTE_ERROR_CODE,      STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
            STUN_ATTRIBUTE_PRIORITY,        STUN_ATTRIBUTE_USE_CANDIDATE,
            STUN_ATTRIBUTE_FINGERPRINT,     STUN_ATTRIBUTE_ICE_CONTROLLED,
            STUN_ATTRIBUTE_ICE_CONTROLLING, 0};
        stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389, usage);
    }
    std::vector<std::uint8_t> request() {
        ::StunMessage message;
        std::uint8_t buffer[512];
        stun_agent_init_request(&agent, &message, buffer, sizeof(buffer), STUN_BINDING);
        stun_message_append_string(&message, STUN_ATTRIBUTE_USERNAME, "ours:theirs");
        stun_message_append32(&message, STUN_ATTRIBUTE_PRIORITY, 0x7e0000ff);
        stun_message_append64(&message, STUN_ATTRIBUTE_ICE_CONTROLLING, 42);
        stun_message_append_flag(&message, STUN_ATTRIBUTE_USE_CANDIDATE);
        const std::size_t size = stun_agent_finish_message(
            &agent, &message, reinterpret_cast<const std::uint8_t*>(kPassword.data()),
            kPassword.size());
        return {buffer, buffer + size};
    }
    StunAgent agent;
};

bool give_password(StunAgent*, ::StunMessage*, std::uint8_t*, std::uint16_t,
                   std::uint8_t** password, std::size_t* size, void*) {
    static std::string text(kPassword);
    *password = reinterpret_cast<std::uint8_t*>(text.data());
    *size = text.size();
    return true;
}

constexpr auto kUsage = static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                         STUN_AGENT_USAGE_USE_FINGERPRINT);

TEST(StunThirdParty, OursReadsTheirsAndTheirsReadsOurs) {
    NicePeer peer(kUsage);
    const auto request = peer.request();
    StunMessage message;
    ASSERT_TRUE(parse_stun(request, message));
    EXPECT_EQ(message.username, "ours:theirs");
    EXPECT_EQ(message.controlling, 42u);
    EXPECT_TRUE(message.use_candidate);
    EXPECT_TRUE(message.has_fingerprint);
    const HmacSha1Key key(as_bytes(kPassword));
    ASSERT_TRUE(has_integrity(request, message, key));

    for (const std::size_t size : {4u, 16u}) {
        NicePeer asking(kUsage);
        const auto packet = asking.request();
        ASSERT_TRUE(parse_stun(packet, message));
        const std::vector<std::uint8_t> address(size, 0x22);
        std::array<std::uint8_t, kStunAnswerBytes> buffer;
        const auto answer = write_stun_success(buffer, message, {address, 40'000}, key);
        ::StunMessage theirs;
        ASSERT_EQ(stun_agent_validate(&asking.agent, &theirs, answer.data(), answer.size(),
                                      give_password, nullptr),
                  STUN_VALIDATION_SUCCESS);
        sockaddr_storage seen{};
        socklen_t length = sizeof(seen);
        EXPECT_EQ(
            stun_message_find_xor_addr(&theirs, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &seen, &length),
            STUN_MESSAGE_RETURN_SUCCESS);
        EXPECT_EQ(seen.ss_family, size == 4 ? AF_INET : AF_INET6);
    }
}

TEST(StunThirdParty, TheyAcceptOurChecksAndErrors) {
    NicePeer peer(kUsage);
    const auto check = make_check({});
    ::StunMessage theirs;
    EXPECT_EQ(stun_agent_validate(&peer.agent, &theirs, check.data(), check.size(), give_password,
                                  nullptr),
              STUN_VALIDATION_SUCCESS);
    const auto request = peer.request();
    StunMessage message;
    ASSERT_TRUE(parse_stun(request, message));
    const HmacSha1Key key(as_bytes(kPassword));
    std::array<std::uint8_t, kStunAnswerBytes> buffer;
    const auto error = write_stun_error(buffer, message, 487, &key);
    EXPECT_EQ(stun_agent_validate(&peer.agent, &theirs, error.data(), error.size(), give_password,
                                  nullptr),
              STUN_VALIDATION_SUCCESS);
    int code = 0;
    EXPECT_EQ(stun_message_find_error(&theirs, &code), STUN_MESSAGE_RETURN_SUCCESS);
    EXPECT_EQ(code, 487);
}

}  // namespace
}  // namespace strata::relay::third_party_test
