import Testing

@testable import WorkflowCore

/// The texts of the groups of the first match, "-" for a group that took no part; nil without a match.
private func groups(_ pattern: String, _ text: String) throws -> [String]? {
  let scalars = Array(text.unicodeScalars)
  return try RegularExpression(pattern).firstMatch(in: scalars)?.groups.map { range in
    range.map { String(String.UnicodeScalarView(scalars[$0])) } ?? "-"
  }
}

struct RegularExpressionTests {
  @Test(
    "a pattern matches as in RE2",
    arguments: [
      ("abc", "xabcx", ["abc"]), ("a.c", "abc", ["abc"]), ("^b", "ab", nil), ("b$", "ab", ["b"]), ("", "x", [""]),
      ("a*", "aaa", ["aaa"]), ("a*?", "aaa", [""]), ("a+?b", "aab", ["aab"]), ("a|ab", "ab", ["a"]),
      ("(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"]),
      ("(a+)(b*)", "aab", ["aab", "aa", "b"]), ("(a)|(b)", "b", ["b", "-", "b"]), ("a{2}", "aaa", ["aa"]),
      ("a{2,}", "aaaa", ["aaaa"]),
      ("a{1,2}", "aaa", ["aa"]), ("a{1,2}?", "aaa", ["a"]), ("a{,2}", "a{,2}", ["a{,2}"]), ("x{0}y", "xy", ["y"]),
      ("[a-c]+", "xabcz", ["abc"]),
      ("[^a-c]+", "abxyc", ["xy"]), ("[]a]+", "a]", ["a]"]), ("[a\\-z]+", "a-z", ["a-z"]),
      ("[[:digit:]]+", "a12", ["12"]), ("[[:^digit:]]+", "12ab", ["ab"]),
      ("\\d+", "v12", ["12"]), ("\\D+", "12ab", ["ab"]), ("\\w+", "é_a1 b", ["_a1"]), ("[\\d.]+", "v1.2", ["1.2"]),
      ("\\bfoo\\b", "a foo b", ["foo"]),
      ("\\bfoo\\b", "afoo", nil), ("(?i)HeLLo", "hello", ["hello"]), ("(?i)É", "é", ["é"]),
      ("a(?i)b(?-i)c", "aBc", ["aBc"]), ("(?i:a)b", "Ab", ["Ab"]), ("(?i:a)b", "AB", nil),
      ("(?s)a.b", "a\nb", ["a\nb"]), ("a.b", "a\nb", nil), ("(?m)^b$", "a\nb\nc", ["b"]), ("(?U)a+", "aaa", ["a"]),
      ("(?P<year>\\d{4})-(?<m>\\d\\d)", "2013-07", ["2013-07", "2013", "07"]),
      ("(?:ab)+", "ababa", ["abab"]), ("\\x41\\x{42}", "AB", ["AB"]), ("\\Qa.b\\E+", "a.bb", ["a.bb"]),
      ("\\pL+", "1é漢", ["é漢"]), ("\\p{Nd}", "٣", ["٣"]),
      ("\\PL+", "ab12", ["12"]), ("\\p{^L}+", "ab12", ["12"]), ("(a*)*", "b", ["", "-"]),
      ("(a|b)*c", "abac", ["abac", "a"]), ("^$", "", [""]), ("\\Aa\\z", "a", ["a"]),
      ("é", "e\u{301}", nil), ("(|a)+", "aaa", ["", ""]),
    ] as [(String, String, [String]?)])
  func matching(_ pattern: String, _ text: String, _ expected: [String]?) throws {
    let found = try groups(pattern, text)
    // Go leaves a group of an empty loop unset or empty depending on how it rewrites the loop; only the match counts.
    #expect(pattern == "(a*)*" ? found?[0] == "" : found == expected)
  }

  @Test("all matches come from left to right, an empty one not right after another")
  func allMatches() throws {
    func all(_ pattern: String, _ text: String) throws -> [String] {
      let scalars = Array(text.unicodeScalars)
      return try RegularExpression(pattern).allMatches(in: scalars).map {
        String(String.UnicodeScalarView(scalars[$0.range]))
      }
    }
    #expect(try all("a.", "abacad") == ["ab", "ac", "ad"])
    #expect(try all("a*", "baac") == ["", "aa", ""])
    #expect(try all("", "ab") == ["", "", ""])
    #expect(try all("^a", "aaa") == ["a"])
  }

  @Test(
    "a pattern that cannot be read is refused with the place",
    arguments: [
      ("(", 0), ("a)", 1), ("[a", 0), ("*", 0), ("a**", 2), ("a{3,2}", 1), ("a{1001}", 1), ("(a{100}){100}", 12),
      ("\\", 0), ("\\y", 0), ("[z-a]", 2),
      ("(?=a)", 0), ("(?<=a)", 0), ("\\1", 0), ("\\p{Greek}", 0), ("[[:foo:]]", 1), ("(?P<a>x)(?P<a>y)", 8),
      ("\\x{110000}", 0), ("(?z)", 2),
    ])
  func errors(_ pattern: String, _ offset: Int) {
    let error = #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    #expect(error?.offset == offset, "\(String(describing: error))")
  }

  @Test("patterns made to hang do not")
  func hostilePatterns() throws {
    let text = String(repeating: "a", count: 1_000)
    #expect(try !RegularExpression("(a+)+$b").matches(text))
    #expect(try !RegularExpression("(a|aa)+$b").matches(text))
    let program = try RegularExpression("(a*)*(a*)*(a*)*(a*)*b").program
    var machine = RegexMachine(program: program, text: Array(text.unicodeScalars), steps: 2_000)
    #expect(throws: RegularExpressionError.self) { try machine.firstMatch(from: 0) }
    #expect(throws: RegularExpressionError.self) { try RegularExpression(String(repeating: "(", count: 1_000)) }
    #expect(throws: RegularExpressionError.self) { try RegularExpression("((((x{10}){10}){10}){10}){10}") }
    #expect(throws: RegularExpressionError.self) {
      try RegularExpression("[a-z]{999}[a-z]{999}" + String(repeating: "[a-z]{999}", count: 30))
    }
  }
}
