import Testing

@testable import WorkflowCore

struct SprigTests {
  @Test(
    "sprig's functions on texts",
    arguments: [
      ("trim(' a ')", "\"a\""), ("trimAll('$', '$5.00$')", "\"5.00\""), ("trimPrefix('-', '-hello')", "\"hello\""),
      ("trimSuffix('-', 'hello-')", "\"hello\""), ("upper('hello')", "\"HELLO\""),
      ("title('hello wORLD')", "\"Hello WORLD\""), ("untitle('Hello World')", "\"hello world\""),
      ("repeat(3, 'ab')", "\"ababab\""), ("substr(0, 5, 'hello world')", "\"hello\""),
      ("substr(6, -1, 'hello world')", "\"world\""), ("nospace('h e l')", "\"hel\""),
      ("trunc(5, 'hello world')", "\"hello\""), ("trunc(-5, 'hello world')", "\"world\""),
      ("abbrev(5, 'hello world')", "\"he...\""), ("abbrevboth(5, 10, '1234 5678 9123')", "\"...5678...\""),
      ("initials('First Try')", "\"FT\""), ("quote('a', 'b\"c')", "\"\\\"a\\\" \\\"b\\\\\\\"c\\\"\""),
      ("squote('a')", "\"'a'\""), ("cat('hello', 1, nil, 'beautiful')", "\"hello 1 beautiful\""),
      ("indent(2, 'a\\nb')", "\"  a\\n  b\""), ("nindent(2, 'a')", "\"\\n  a\""),
      ("replace(' ', '-', 'I Am')", "\"I-Am\""), ("plural('one', 'many', 1)", "\"one\""),
      ("plural('one', 'many', 2)", "\"many\""), ("snakecase('FirstName')", "\"first_name\""),
      ("camelcase('http_server')", "\"HttpServer\""),
      ("kebabcase('FirstName')", "\"first-name\""), ("swapcase('This Is')", "\"tHIS iS\""),
      ("wrap(5, 'aaa bbb ccc')", "\"aaa\\nbbb\\nccc\""), ("wrapWith(4, '|', 'aaaaaa bb')", "\"aaaa|aa|bb\""),
      ("contains('cat', 'catch')", "true"), ("hasPrefix('cat', 'catch')", "true"), ("hasSuffix('ch', 'catch')", "true"),
      ("toString(1.5)", "\"1.5\""), ("toStrings([1, nil, 'a'])", "[\"1\",\"a\"]"), ("join('-', [1, 'b'])", "\"1-b\""),
      ("split('$', 'foo$bar')", "{\"_0\":\"foo\",\"_1\":\"bar\"}"),
      ("splitn('$', 2, 'a$b$c')", "{\"_0\":\"a\",\"_1\":\"b$c\"}"), ("splitList('$', 'a$b')", "[\"a\",\"b\"]"),
      ("hello()", "\"Hello!\""),
    ])
  func texts(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }

  @Test(
    "sprig's functions on lists and maps",
    arguments: [
      ("list(1, 'a')", "[1,\"a\"]"), ("append([1], 2)", "[1,2]"), ("prepend([1], 0)", "[0,1]"), ("first([1, 2])", "1"),
      ("rest([1, 2])", "[2]"), ("last([1, 2])", "2"), ("initial([1, 2])", "[1]"), ("reverse([1, 2])", "[2,1]"),
      ("uniq([1, 1, 2])", "[1,2]"), ("without([1, 2, 3], 1, 3)", "[2]"),
      ("has(2, [1, 2])", "true"), ("has(2, nil)", "false"), ("compact([1, '', 0, 'a'])", "[1,\"a\"]"),
      ("slice([1, 2, 3], 1)", "[2,3]"), ("slice([1, 2, 3], 1, 2)", "[2]"), ("chunk(2, [1, 2, 3])", "[[1,2],[3]]"),
      ("concat([1], [2, 3])", "[1,2,3]"), ("sortAlpha(['b', 'a', 1])", "[\"1\",\"a\",\"b\"]"),
      ("dict('a', 1, 'b')", "{\"a\":1,\"b\":\"\"}"), ("get({a: 1}, 'a')", "1"), ("get({}, 'a')", "\"\""),
      ("set({a: 1}, 'b', 2)", "{\"a\":1,\"b\":2}"), ("unset({a: 1}, 'a')", "{}"), ("hasKey({a: nil}, 'a')", "true"),
      ("pluck('a', {a: 1}, {b: 2}, {a: 3})", "[1,3]"), ("keys({a: 1}, {b: 2})", "[\"a\",\"b\"]"),
      ("values({a: 1})", "[1]"), ("pick({a: 1, b: 2}, 'b')", "{\"b\":2}"), ("omit({a: 1, b: 2}, 'b')", "{\"a\":1}"),
      ("dig('a', 'b', 'none', {a: {b: 1}})", "1"), ("dig('a', 'x', 'none', {a: {b: 1}})", "\"none\""),
      ("merge({a: 1, m: {x: ''}}, {a: 2, b: 3, m: {x: 1}})", "{\"a\":1,\"m\":{\"x\":1},\"b\":3}"),
      ("mergeOverwrite({a: 1, c: 1}, {a: 2, c: 0})", "{\"a\":2,\"c\":1}"),
    ])
  func collections(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }

  @Test(
    "sprig's functions on numbers",
    arguments: [
      ("add(1, '2', 3.9)", "6"), ("add1(1)", "2"), ("sub(5, 2)", "3"), ("mul(2, 3, 4)", "24"), ("div(7, 2)", "3"),
      ("mod(7, 4)", "3"), ("max(1, 3, 2)", "3"), ("min(1, 3)", "1"), ("maxf(1.5, 2)", "2"), ("addf(0.1, 0.2)", "0.3"),
      ("subf(7.5, 2, 3)", "2.5"), ("mulf(1.1, 1.1)", "1.21"),
      ("divf(10, 4)", "2.5"), ("divf(1, 3)", "0.3333333333333333"), ("add1f(1.5)", "2.5"), ("floor(123.9999)", "123"),
      ("ceil(123.001)", "124"), ("round(123.555555, 3)", "123.556"), ("round(1.5, 0)", "2"), ("atoi('12')", "12"),
      ("atoi('x')", "0"), ("int64('0x10')", "16"), ("float64('1.5')", "1.5"),
      ("toDecimal('777')", "511"), ("until(3)", "[0,1,2]"), ("until(-2)", "[0,-1]"), ("untilStep(3, 6, 2)", "[3,5]"),
      ("seq(5)", "\"1 2 3 4 5\""), ("seq(-1)", "\"1 0 -1\""), ("seq(0, 2)", "\"0 1 2\""),
      ("seq(0, 2, 10)", "\"0 2 4 6 8 10\""), ("seq(0, -2, -5)", "\"0 -2 -4\""),
    ])
  func numbers(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }

  @Test(
    "sprig's functions on dates",
    arguments: [
      ("date('2006-01-02', now())", "\"2013-07-04\""), ("date('2006', 0)", "\"1970\""),
      ("date('2006', '2013-07-04T05:06:07Z')", "\"2013\""), ("htmlDate(now())", "\"2013-07-04\""),
      ("dateInZone('15:04', now(), 'UTC')", "\"05:06\""), ("dateModify('-1h', now())", "\"2013-07-04T04:06:07Z\""),
      ("unixEpoch(now())", "\"1372914367\""), ("toDate('2006-01-02', '2017-12-31')", "\"2017-12-31T00:00:00Z\""),
      ("ago(date('2013-07-04'))", "\"5h6m7s\""), ("duration('95')", "\"1m35s\""),
      ("durationRound('2h10m5s')", "\"2h\""), ("durationRound('2400h10m5s')", "\"3mo\""),
      ("durationRound('1s')", "\"0s\""),
    ])
  func dates(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }

  @Test(
    "sprig's encodings and hashes",
    arguments: [
      ("b64enc('hello')", "\"aGVsbG8=\""), ("b64dec('aGVsbG8=')", "\"hello\""), ("b32enc('hello')", "\"NBSWY3DP\""),
      ("b32dec('NBSWY3DP')", "\"hello\""), ("sha1sum('abc')", "\"a9993e364706816aba3e25717850c26c9cd0d89d\""),
      ("sha256sum('abc')", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""),
      ("sha256sum('')", "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""),
      (
        "sha512sum('abc')",
        "\"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f\""
      ), ("adler32sum('Wikipedia')", "\"300286872\""),
      ("sha256sum(sprig.repeat(200, 'a'))", "\"c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5\""),
      ("toJson({a: [1]})", "\"{\\\"a\\\":[1]}\""), ("toRawJson('<')", "\"\\\"<\\\"\""), ("fromJson('[1]')[0]", "1"),
      ("fromJson('[')", "null"),
    ])
  func encodings(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }

  @Test(
    "sprig's patterns, paths and URLs",
    arguments: [
      ("regexMatch('^[a-z]+@b$', 'a@b')", "true"), ("regexFind('[a-zA-Z][1-9]', 'abcd1234')", "\"d1\""),
      ("regexFind('x', 'a')", "\"\""), ("regexFindAll('[2,4,6,8]', '123456789', -1)", "[\"2\",\"4\",\"6\",\"8\"]"),
      ("regexFindAll('[0-9]', '123', 2)", "[\"1\",\"2\"]"),
      ("regexReplaceAll('a(x*)b', '-ab-axxb-', '${1}W')", "\"-W-xxW-\""),
      ("regexReplaceAll('a(?P<n>x*)b', 'axb', '$n-$$')", "\"x-$\""),
      ("regexReplaceAllLiteral('a(x*)b', '-ab-axxb-', '${1}')", "\"-${1}-${1}-\""),
      ("regexSplit('z+', 'pizza', -1)", "[\"pi\",\"a\"]"),
      ("regexSplit('a*', 'baac', -1)", "[\"b\",\"c\"]"), ("regexQuoteMeta('1.2.3')", "\"1\\\\.2\\\\.3\""),
      ("base('foo/bar/baz')", "\"baz\""), ("dir('foo/bar/baz')", "\"foo/bar\""), ("dir('x')", "\".\""),
      ("clean('foo/bar/../baz/./')", "\"foo/baz\""), ("ext('foo.tar.gz')", "\".gz\""), ("isAbs('/a')", "true"),
      ("urlParse('http://admin:secret@server.com:8080/api?list=false#anchor').hostname", "\"server.com\""),
      ("urlParse('http://admin:secret@server.com:8080/api?list=false#anchor').userinfo", "\"admin:secret\""),
      (
        "urlJoin({scheme: 'http', host: 'host:80', path: '/path a', query: 'query', fragment: 'fragment'})",
        "\"http://host:80/path%20a?query#fragment\""
      ), ("urlJoin(sprig.urlParse('mailto:a@b.c'))", "\"mailto:a@b.c\""),
    ])
  func patterns(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }

  @Test(
    "version constraints are read as Masterminds/semver reads them",
    arguments: [
      ("^1.2.0", "1.2.3", true), ("^1.2.0", "2.0.0", false), ("^0.2.3", "0.3.0", false), ("^0.0.3", "0.0.4", false),
      ("~1.2.3", "1.2.9", true), ("~1.2.3", "1.3.0", false), ("~1", "1.9.9", true), (">=1.0, <2.0", "1.5", true),
      (">= 1.0 < 2.0", "2.0.0", false),
      ("1.2 - 1.4.5", "1.4.5", true), ("1.2 - 1.4.5", "1.5.0", false), ("1.x", "1.9.0", true), ("1.x", "2.0.0", false),
      ("*", "3.1.4", true), ("<1.0 || >=2.0", "2.1.0", true), ("!=1.2.3", "1.2.4", true), ("!=1.2.3", "1.2.3", false),
      (">1.2", "1.2.5", false), (">1.2", "1.3.0", true),
      ("<=1.2", "1.2.5", true), ("=1.2.3", "v1.2.3", true), (">=1.0.0", "1.1.0-alpha", false),
      (">=1.0.0-0", "1.1.0-alpha", true),
    ])
  func versions(_ constraint: String, _ version: String, _ allowed: Bool) throws {
    #expect(try evaluated("sprig.semverCompare('\(constraint)', '\(version)')") == "\(allowed)")
  }

  @Test("versions order as semver.org says")
  func versionOrder() throws {
    let ordered = [
      "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0", "1.0.1", "1.1.0", "2.0.0",
    ]
    let versions = ordered.compactMap { SemanticVersion($0) }
    #expect(versions.count == ordered.count)
    for (index, version) in versions.enumerated() {
      for later in versions[(index + 1)...] {
        #expect(version.precedes(later) && !later.precedes(version), "\(version) \(later)")
      }
    }
    #expect(try evaluated("sprig.semver('v1.2.3-rc.1+build').Minor()") == "2")
  }

  @Test(
    "sprig's defaults and types",
    arguments: [
      ("default('d', '')", "\"d\""), ("default('d', 'x')", "\"x\""), ("default(1, 0)", "1"), ("empty([])", "true"),
      ("coalesce(0, '', 'x')", "\"x\""), ("all(1, 'a')", "true"), ("any(0, '')", "false"),
      ("ternary('a', 'b', true)", "\"a\""), ("typeOf([1])", "\"[]interface {}\""), ("kindOf({})", "\"map\""),
      ("kindIs('string', 'a')", "true"), ("typeIs('int', 1)", "true"), ("deepEqual([1], [1])", "true"),
    ])
  func defaults(_ text: String, _ json: String) throws {
    #expect(try evaluated("sprig." + text) == json)
  }
}
