#include "control/cli/http_client.h"

#include <gtest/gtest.h>

namespace strata::control::cli {
namespace {

TEST(Endpoint, Forms) {
    for (const char* text :
         {"unix:/run/strata/api.sock", "http://127.0.0.1:8410", "http://[::1]:80"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint->text(), text);
    }
    EXPECT_EQ(parse_endpoint("/tmp/a.sock")->text(), "unix:/tmp/a.sock");
    EXPECT_EQ(parse_endpoint("http://127.0.0.1:80/")->text(), "http://127.0.0.1:80");
}

TEST(Endpoint, AnythingElseIsRefused) {
    for (const char* text : {"", "unix:", "unix:relative", "http://10.0.0.1:80", "http://127.0.0.1",
                             "https://127.0.0.1:80", "127.0.0.1:80", "http://localhost:80"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_EQ(endpoint.error().exit_code, ExitCode::kUsage);
    }
    EXPECT_FALSE(parse_endpoint("/" + std::string(108, 'a')));
}

TEST(Exchange, NobodyThere) {
    const auto response = exchange(*parse_endpoint("/nonexistent/a.sock"), {}, 1000);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().exit_code, ExitCode::kUnreachable);
    EXPECT_EQ(response.error().message,
              "no control plane at unix:/nonexistent/a.sock: No such file or directory");
}

}  // namespace
}  // namespace strata::control::cli
