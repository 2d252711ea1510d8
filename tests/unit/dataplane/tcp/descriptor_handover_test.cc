#include "dataplane/tcp/descriptor_handover.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "tests/unit/dataplane/tcp/passed_descriptor.h"

namespace strata::dataplane {
namespace {

// A descriptor that can be told from others by what is read from it.
class Pipe {
  public:
    explicit Pipe(char mark) {
        EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
        EXPECT_EQ(::write(ends_[1], &mark, 1), 1);
    }
    ~Pipe() {
        for (const int end : ends_) ::close(end);
    }
    int reading() const { return ends_[0]; }

  private:
    std::array<int, 2> ends_{};
};

class DescriptorHandoverTest : public testing::Test {
  protected:
    DescriptorHandoverTest()
        : path_(testing::TempDir() + "strata-handover-" + std::to_string(::getpid())) {}
    void SetUp() override {
        const auto listening = handover_.listen(path_);
        ASSERT_TRUE(listening) << listening.error();
    }
    api::SeqpacketLink control() {
        auto link = api::SeqpacketLink::connect(path_).value();
        handover_.accept();
        return link;
    }
    // What is read from it; 0: none came.
    static char take(const api::SeqpacketLink& link) {
        const int fd = take_descriptor(link.fd());
        if (fd < 0) return 0;
        char mark = 0;
        EXPECT_EQ(::read(fd, &mark, 1), 1);
        ::close(fd);
        return mark;
    }

    std::string path_;
    DescriptorHandover handover_;
};

TEST_F(DescriptorHandoverTest, IsForThisUserAlone) {
    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DescriptorHandoverTest, NobodyThereTakesNothing) {
    const Pipe pipe('a');
    EXPECT_FALSE(handover_.give(pipe.reading()));
    char mark = 0;
    EXPECT_EQ(::read(pipe.reading(), &mark, 1), 1) << "it stays the caller's";
}

TEST_F(DescriptorHandoverTest, TheNewestPeerCounts) {
    const auto first = control();
    const Pipe a('a'), b('b');
    EXPECT_TRUE(handover_.give(a.reading()));
    EXPECT_EQ(take(first), 'a');
    // Control was restarted, and the old connection still looks alive.
    const auto second = control();
    EXPECT_TRUE(handover_.give(b.reading()));
    EXPECT_EQ(take(second), 'b');
    EXPECT_EQ(take(first), 0);
}

TEST_F(DescriptorHandoverTest, APeerThatWentIsNoticedAndTheNextOneServes) {
    auto gone = control();
    gone.close();
    const Pipe pipe('a');
    EXPECT_FALSE(handover_.give(pipe.reading()));
    EXPECT_FALSE(handover_.give(pipe.reading()));
    const auto next = control();
    EXPECT_TRUE(handover_.give(pipe.reading()));
    EXPECT_EQ(take(next), 'a');
}

// A peer that doesn't read loses nothing but what it has no room for.
TEST_F(DescriptorHandoverTest, WhatIsTooMuchIsRefusedAndTheRestArrives) {
    const auto slow = control();
    const Pipe pipe('a');
    int given = 0;
    while (given < 100'000 && handover_.give(pipe.reading())) ++given;
    ASSERT_GT(given, 0);
    ASSERT_LT(given, 100'000);
    EXPECT_FALSE(handover_.give(pipe.reading()));
    for (int i = 0; i < given; ++i) {
        const int fd = take_descriptor(slow.fd());
        ASSERT_GE(fd, 0) << i;
        ::close(fd);
    }
    EXPECT_TRUE(handover_.give(pipe.reading()));
    EXPECT_EQ(take(slow), 'a');
}

TEST_F(DescriptorHandoverTest, WhereItCantListenTheErrorNamesThePath) {
    DescriptorHandover other;
    const auto taken = other.listen(path_);
    ASSERT_FALSE(taken);
    EXPECT_NE(taken.error().find(path_), std::string::npos) << taken.error();
    const std::string nowhere = "/nowhere/at/all/strata.accept";
    const auto refused = other.listen(nowhere);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find(nowhere), std::string::npos) << refused.error();
    EXPECT_EQ(other.listener_fd(), -1);
}

}  // namespace
}  // namespace strata::dataplane
