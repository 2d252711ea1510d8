#include "control/cli/completion.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "source_folders.h"

namespace strata::control::cli {
namespace {

TEST(Completion, TheInstalledScriptIsUpToDate) {
    std::ifstream in(STRATA_CLI_SOURCE "/strata.bash");
    std::ostringstream text;
    text << in.rdbuf();
    EXPECT_EQ(text.str(), bash_completion()) << "strata completion bash > control/cli/strata.bash";
}

}  // namespace
}  // namespace strata::control::cli
