#include "control/signalling/sdp/terms.h"

#include <gtest/gtest.h>

#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control::sdp {
namespace {

std::string without(std::string text, const std::string& line) {
    const std::size_t at = text.find(line);
    EXPECT_NE(at, std::string::npos) << line;
    return text.erase(at, text.find("\r\n", at) + 2 - at);
}

TEST(SdpTerms, OurSetupIsPassiveUnlessThePeerIs) {  // C45
    EXPECT_EQ(remote_transport(parsed(small_offer()), 0)->own_setup, Setup::passive);
    EXPECT_EQ(remote_transport(parsed(small_offer("a=setup:active\r\n")), 0)->own_setup,
              Setup::passive);
    EXPECT_EQ(remote_transport(parsed(small_offer("a=setup:passive\r\n")), 0)->own_setup,
              Setup::active);
}

TEST(SdpTerms, NothingMayBeMissing) {
    for (const char* line : {"a=ice-ufrag", "a=ice-pwd", "a=setup", "a=fingerprint"}) {
        const auto got = remote_transport(parsed(without(small_offer(), line)), 0);
        ASSERT_FALSE(got) << line;
        EXPECT_EQ(got.error().object, line);
    }
}

TEST(SdpTerms, SessionLevelHolds) {
    std::string text = without(small_offer(), "a=setup");
    text.insert(text.find("m="), "a=setup:active\r\n");
    EXPECT_TRUE(remote_transport(parsed(text), 0));
}

TEST(SdpTerms, TheBundlesOwnOrderNamesTheTransport) {
    const Description d = offer("aiortc-publish");
    EXPECT_NE(d.media[0].transport.ice_ufrag, d.media[1].transport.ice_ufrag);
    EXPECT_EQ(tagged_section(d, {0, 1}), 0u);
    EXPECT_EQ(tagged_section(d, {1}), 1u);
    EXPECT_EQ(remote_transport(d, 1)->ice_ufrag, d.media[1].transport.ice_ufrag);
}

TEST(SdpTerms, Usable) {
    EXPECT_TRUE(usable(parsed(small_offer()), 0));
    EXPECT_FALSE(usable(parsed(without(small_offer(), "a=rtcp-mux")), 0));
    EXPECT_FALSE(usable(parsed(small_offer("", "m=video 9 RTP/AVPF 96\r\n")), 0));
    EXPECT_FALSE(usable(parsed(small_offer("", "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n")), 0));
    // Without a bundle only the first one has a transport that is answered.
    const std::string second = small_offer();
    const Description two = parsed(without(
        small_offer("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\n"), "a=group"));
    EXPECT_TRUE(usable(two, 0));
    EXPECT_FALSE(usable(two, 1));
}

}  // namespace
}  // namespace strata::control::sdp
