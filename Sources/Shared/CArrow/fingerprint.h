#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace carrow {

/// SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012) under a fixed key. Among 100 million keys, two share a
/// fingerprint with a probability of 1 in 10^22: a fingerprint stands for its key.
class SipHash128 {
 public:
  void update(std::string_view data) {
    const char *at = data.data();
    for (size_t words = data.size() / 8; words > 0; words--, at += 8) {
      uint64_t word;
      std::memcpy(&word, at, 8);
      absorb(word);
    }
    uint64_t last = static_cast<uint64_t>(data.size()) << 56;
    for (size_t i = 0; i < data.size() % 8; i++) last |= static_cast<uint64_t>(static_cast<uint8_t>(at[i])) << (8 * i);
    absorb(last);
  }

  void finish(uint64_t *digest) {
    v2_ ^= 0xee;
    rounds(4);
    digest[0] = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xdd;
    rounds(4);
    digest[1] = v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static constexpr uint64_t k0 = 0x0706050403020100, k1 = 0x0f0e0d0c0b0a0908;

  static uint64_t rotate(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

  void absorb(uint64_t word) {
    v3_ ^= word;
    rounds(2);
    v0_ ^= word;
  }

  void rounds(int count) {
    while (count-- > 0) {
      v0_ += v1_, v2_ += v3_;
      v1_ = rotate(v1_, 13) ^ v0_, v3_ = rotate(v3_, 16) ^ v2_;
      v0_ = rotate(v0_, 32);
      v2_ += v1_, v0_ += v3_;
      v1_ = rotate(v1_, 17) ^ v2_, v3_ = rotate(v3_, 21) ^ v0_;
      v2_ = rotate(v2_, 32);
    }
  }

  uint64_t v0_ = 0x736f6d6570736575 ^ k0, v1_ = (0x646f72616e646f6d ^ k1) ^ 0xee;
  uint64_t v2_ = 0x6c7967656e657261 ^ k0, v3_ = 0x7465646279746573 ^ k1;
};

inline void fingerprint(std::string_view key, uint64_t *digest) {
  SipHash128 hash;
  hash.update(key);
  hash.finish(digest);
}

}  // namespace carrow
