#include "control/signalling/access.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
using Peer = HttpRequest::Peer;

TEST(Access, WithoutAKeyOnlyThisMachine) {
    const Access access = *Access::load({}, [] { return kNow; });
    EXPECT_TRUE(access.open());
    EXPECT_TRUE(access.check({.peer = Peer::loopback}, Right::publish, "demo"));
    EXPECT_FALSE(access.check({.peer = Peer::remote}, Right::publish, "demo"));
    EXPECT_TRUE(access.check({.origin = "http://localhost:8000", .peer = Peer::loopback},
                             Right::publish, "demo"));
    EXPECT_FALSE(access.check({.origin = "https://evil.example", .peer = Peer::loopback},
                              Right::publish, "demo"));
    EXPECT_EQ(access.allowed_origin("https://evil.example"), "");
    EXPECT_EQ(access.allowed_origin("https://localhost.evil.example"), "");
    EXPECT_EQ(access.allowed_origin("http://127.0.0.1:1"), "http://127.0.0.1:1");
}

TEST(Access, WithAKeyATokenIsNeeded) {
    const ScratchFolder folder;
    const std::string file = folder.file("key");
    std::ofstream(file) << "0123456789abcdef0123456789abcdef\n";
    const api::AuthConfig auth{.key_file = file};
    const Access access = *Access::load(auth, [] { return kNow; });
    const auto check = [&](const std::string& header, Right right, const char* room) {
        const auto got =
            access.check({.authorization = header, .peer = Peer::loopback}, right, room);
        return got ? "ok" : std::string(error_code_text(got.error().code));
    };
    const std::string token =
        *make_token({.room = "demo", .rights = {Right::publish}, .expires_at_s = kNow + 60},
                    *load_token_key(auth, file), auth, kNow);
    EXPECT_EQ(check("Bearer " + token, Right::publish, "demo"), "ok");
    EXPECT_EQ(check("bearer  " + token, Right::publish, "demo"), "ok");
    EXPECT_EQ(check("Bearer " + token, Right::subscribe, "demo"), "forbidden");
    EXPECT_EQ(check("Bearer " + token, Right::publish, "other"), "forbidden");
    EXPECT_EQ(check("", Right::publish, "demo"), "unauthorized");
    EXPECT_EQ(check("Basic " + token, Right::publish, "demo"), "unauthorized");
    EXPECT_EQ(check("Bearer x" + token, Right::publish, "demo"), "unauthorized");
    EXPECT_TRUE(access.check({.peer = Peer::unix_socket}, Right::publish, "demo"));
    EXPECT_EQ(access.allowed_origin("https://any.example"), "*");
}

TEST(Access, MembersOfMeetingsShowTheirTokenInAMessage) {
    const Access open = *Access::load({}, [] { return kNow; });
    const MemberRights all{.publish = true, .subscribe = true, .admin = true};
    EXPECT_EQ(*open.rights({.peer = Peer::loopback, .room = "demo"}), all);
    EXPECT_FALSE(open.rights({.peer = Peer::remote, .room = "demo"}));
    EXPECT_FALSE(open.rights({.peer = Peer::loopback, .origin = "https://evil.example"}));

    const ScratchFolder folder;
    const std::string file = folder.file("key");
    std::ofstream(file) << "0123456789abcdef0123456789abcdef\n";
    const api::AuthConfig auth{.key_file = file};
    const Access access = *Access::load(auth, [] { return kNow; });
    const auto rights = [&](std::set<Right> granted, const char* room) {
        const std::string token =
            *make_token({.room = "demo", .rights = granted, .expires_at_s = kNow + 60},
                        *load_token_key(auth, file), auth, kNow);
        return access.rights({.peer = Peer::remote, .token = token, .room = room});
    };
    EXPECT_EQ(*rights({Right::publish}, "demo"), (MemberRights{.publish = true}));
    EXPECT_EQ(*rights({Right::subscribe}, "demo"), (MemberRights{.subscribe = true}));
    EXPECT_EQ(*rights({Right::admin}, "demo"), all);
    EXPECT_EQ(rights({Right::admin}, "other").error().code, ErrorCode::forbidden);
    const Access::Entry nothing{.peer = Peer::loopback, .room = "demo"};
    EXPECT_EQ(access.rights(nothing).error().code, ErrorCode::unauthorized);
    EXPECT_EQ(access.rights({.peer = Peer::loopback, .token = "x", .room = "demo"}).error().code,
              ErrorCode::unauthorized);
    EXPECT_EQ(*access.rights({.peer = Peer::unix_socket, .room = "demo"}), all);
}

TEST(Access, UnfitKeysAreRefusedAtStart) {
    const ScratchFolder folder;
    EXPECT_FALSE(Access::load({.key_file = folder.file("none")}, [] { return kNow; }));
    std::ofstream(folder.file("short")) << "secret\n";
    EXPECT_FALSE(Access::load({.key_file = folder.file("short")}, [] { return kNow; }));
    EXPECT_FALSE(Access::load({.key_file = folder.file("short"), .algorithm = "EdDSA"},
                              [] { return kNow; }));
}

}  // namespace
}  // namespace strata::control
