#include "bench/generator/command_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "bench/generator/selftest.h"
#include "source_folders.h"

namespace strata::gen {
namespace {

// A run that nobody executes, and a pipe with commands for it.
class CommandReaderTest : public testing::Test {
  protected:
    CommandReaderTest() {
        setenv("STRATA_GEN_PROFILES", STRATA_PROFILES, 1);
        EXPECT_EQ(::pipe(pipe_), 0);
        io_ = make_socket_io();
        run_ = std::make_unique<gen::Run>(make_selftest_plan(*io_, 1'000'000), *io_);
        reader_ = std::make_unique<CommandReader>(pipe_[0]);
    }
    ~CommandReaderTest() override {
        ::close(pipe_[0]);
        if (pipe_[1] >= 0) ::close(pipe_[1]);
    }
    void write(std::string_view text) {
        EXPECT_EQ(::write(pipe_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    // What is said of bad commands while they are read.
    std::string poll(bool goes_on = true) {
        testing::internal::CaptureStderr();
        EXPECT_EQ(reader_->poll(*run_), goes_on);
        return testing::internal::GetCapturedStderr();
    }

    int pipe_[2] = {-1, -1};
    std::unique_ptr<PacketIo> io_;
    std::unique_ptr<gen::Run> run_;
    std::unique_ptr<CommandReader> reader_;
};

TEST_F(CommandReaderTest, NothingToReadIsNoCommand) {
    EXPECT_EQ(poll(), "");
    ::close(pipe_[1]);
    pipe_[1] = -1;
    EXPECT_EQ(poll(), "");
    EXPECT_EQ(poll(), "");
}

TEST_F(CommandReaderTest, TargetsAreObeyed) {
    write("{\"receiver\":\"vp9-l3t3-receiver\",\"target\":\"S1T1\"}\n\n");
    EXPECT_EQ(poll(), "");
    write("{\"receiver\":\"vp9-l3t3-receiver\",");
    EXPECT_EQ(poll(), "") << "half a line waits for its end";
    write("\"target\":\"max\"}\n");
    EXPECT_EQ(poll(), "");
}

TEST_F(CommandReaderTest, BadLinesAreNamedAndSkipped) {
    for (const char* line :
         {"{}", "[1]", "not json", "{\"receiver\":\"nobody\",\"target\":\"max\"}",
          "{\"receiver\":\"opus-receiver\",\"target\":\"X1\"}", "{\"receiver\":1,\"target\":2}"}) {
        write(std::string(line) + "\n");
        EXPECT_NE(poll().find(line), std::string::npos) << line;
    }
}

TEST_F(CommandReaderTest, StopEndsTheRun) {
    write("{\"receiver\":\"opus-receiver\",\"target\":\"max\"}\n{\"stop\":true}\n");
    EXPECT_EQ(poll(false), "");
}

}  // namespace
}  // namespace strata::gen
