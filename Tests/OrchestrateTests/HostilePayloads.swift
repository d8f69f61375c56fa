import OrderedCollections

/// Texts that something on their way may take for code, for the end of another text, or for something else than text.
enum HostilePayloads {
  /// 200 of them, each different.
  static var all: [String] {
    let plain = sizes + shell + templates + markup + numbers + characters
    var seen = OrderedSet(plain)
    // The same inside what closes a quote: whoever escapes once too little is found out.
    for text in plain where seen.count < 200 { seen.append("'; \(text) #\"") }
    for text in plain where seen.count < 200 { seen.append("\\\(text)\\\n\"'") }
    return Array(seen.prefix(200))
  }

  private static let shell = [
    "$(touch pwned)", "`touch pwned`", "; touch pwned", "| touch pwned", "&& touch pwned", "\n touch pwned\n", "$HOME",
    "${IFS}", "$((1+1))",
    "~", "*", "?", "[a-z]", "{a,b}", "!!", "> pwned", "<(ls)", "\"", "'", "''", "\"\"", "\\", "\\\\", "\\n", "\\'",
    "'\"'\"'", "#", "--help", "-n", "-e",
    "--", "%s%n%d", "%", "a=b", "A=1 env", "\u{1B}[31mred", "../../etc/passwd", "/", ".", "..", "a/b",
    "file:///etc/passwd", "C:\\",
  ]

  private static let templates = [
    "{{workflow.name}}", "{{inputs.parameters.text}}", "{{=1+1}}", "{{= sprig.env('HOME') }}", "{{", "}}", "{{}}",
    "{{{{workflow.name}}}}", "{{item}}",
    "{{steps.echo.outputs.result}}", "{{custom}}", "{{`a`}}", "${{ secrets.X }}", "#{1}", "<%= 1 %>", "{% if %}",
    "' == '", "a' || true || 'b",
    "x) || (true", "true", "false", "1 > 0", "=~ '.*'", "a ? b : c", "asInt('1')", "item.k", "b.Succeeded", "&& b",
    "nil", "??",
  ]

  private static let markup = [
    "{\"a\": \"b\"}", "[1, \"x\"]", "\"quoted\"", "{", "[", "]", "}", "- a\n- b", "a: b", "&a x", "*a", "!!str x", "| ",
    "> ", "---", "...", "? x", "# no",
    "<script>alert(1)</script>", "<!-- -->", "&amp;", "]]>", "'; DROP TABLE nodes; --", "' OR '1'='1", "\" OR 1=1 --",
    "?1", ":name", "%27", "\\u0041",
    "\\x41", "\\0", "a,b", "a\tb", "key=value", "@file", "@-", "null", "undefined", "~null", "<<: *a",
  ]

  private static let numbers = [
    "", " ", "  two  ", "0", "-0", "007", "1e3", "0x1F", "1_000", "1.0", "9223372036854775808", "NaN", "Infinity", "-1",
    "+1", "1.", ".5", "2013-07-04",
    "12:30:45", "yes", "no", "on", "True", "NULL", "0o17",
  ]

  private static let characters = [
    "\t", "\r", "\r\n", "a\rb", "\n\n", "end\n\n", "\u{1}\u{2}\u{3}", "\u{7F}", "\u{85}", "\u{2028}\u{2029}",
    "\u{FEFF}mark", "\u{200B}", "\u{202E}txt.exe",
    "e\u{301}", "\u{E9}", "🏳️‍🌈", "𝔘𝔫𝔦", "\u{FFFD}", "\u{FFFF}", "\u{10FFFF}", "مرحبا", "漢字", "İ", "ß", "\u{8}\u{8}",
    "\u{B}\u{C}", "\u{1F}", "\u{A0}",
  ]

  private static let sizes = [
    String(repeating: "x", count: 4096), String(repeating: "{{", count: 2000), String(repeating: "'\"", count: 2000),
    String(repeating: "é", count: 5000), String(repeating: "\n", count: 100) + "x", String(repeating: "(", count: 3000),
  ]
}
