#include "control/signalling/token.h"

#include "control/signalling/signature.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

namespace {

constexpr std::int64_t kNow_s = 1'800'000'000;
const TokenKey kKey{TokenAlgorithm::hs256, std::string(32, 'k')};
const strata::api::AuthConfig kAuth;

void check(const TokenClaims& claims) {
    INVARIANT(!claims.room.empty());
    INVARIANT(claims.expires_at_s + kAuth.leeway_s > kNow_s);
    INVARIANT(claims.expires_at_s <= kNow_s + kAuth.token_lifetime_s + 3 * kAuth.leeway_s);
    // It can be issued again, and says the same. A subject that isn't UTF-8 can't come out of JSON.
    const auto again = make_token(claims, kKey, kAuth, kNow_s);
    INVARIANT(again);
    if (again->size() > kMaxTokenBytes) return;
    const auto read = verify_token(*again, kKey, kAuth, kNow_s);
    if (claims.expires_at_s - kNow_s > kAuth.token_lifetime_s + kAuth.leeway_s) return;
    INVARIANT(read && read->rights == claims.rights && read->room == claims.room);
}

}  // namespace

// Up to a line's end a header, then claims, which are signed with the key: what the owner of the
// key may have written. The whole input is a token as well, and none that anybody signed.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    INVARIANT(!verify_token(text, kKey, kAuth, kNow_s));
    const std::size_t end = text.find('\n');
    if (end == text.npos) return 0;
    std::string token = base64url(text.substr(0, end)) + "." + base64url(text.substr(end + 1));
    token += "." + base64url(*sign(token, kKey));
    const auto claims = verify_token(token, kKey, kAuth, kNow_s);
    if (claims) check(*claims);
    const TokenKey other{TokenAlgorithm::hs256, std::string(32, 'o')};
    INVARIANT(!verify_token(token, other, kAuth, kNow_s));
    return 0;
}
