import OrderedCollections

extension SprigFunctions {
  static let paths =
    aliases(["base", "osBase"], 1) { call throws(RenderError) in .string(lastComponent(try call.string(0))) }
    + aliases(["dir", "osDir"], 1) { call throws(RenderError) in
      let path = try call.string(0)
      let end = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
      return .string(cleaned(String(path[..<end])))
    }
    + aliases(["clean", "osClean"], 1) { call throws(RenderError) in .string(cleaned(try call.string(0))) }
    + aliases(["ext", "osExt"], 1) { call throws(RenderError) in
      let name = try call.string(0).split(separator: "/", omittingEmptySubsequences: false).last ?? ""
      return .string(name.lastIndex(of: ".").map { String(name[$0...]) } ?? "")
    }
    + aliases(["isAbs", "osIsAbs"], 1) { call throws(RenderError) in .bool(try call.string(0).hasPrefix("/")) }
    + aliases(["urlParse"], 1) { call throws(RenderError) in
      let text = try call.string(0)
      guard let address = WebAddress(text) else { throw call.failure("'\(text)' is not a URL") }
      return .map(OrderedDictionary(uniqueKeysWithValues: address.members.map { ($0.0, .string($0.1)) }))
    }
    + aliases(["urlJoin"], 1) { call throws(RenderError) in
      let members = try call.map(0).members
      var address = WebAddress()
      address.scheme = members["scheme"]?.text ?? ""
      address.opaque = members["opaque"]?.text ?? ""
      address.userinfo = members["userinfo"]?.text ?? ""
      address.host = members["host"]?.text ?? ""
      address.path = members["path"]?.text ?? ""
      address.query = members["query"]?.text ?? ""
      address.fragment = members["fragment"]?.text ?? ""
      return .string(address.text)
    }

  private static func lastComponent(_ path: String) -> String {
    guard !path.isEmpty else { return "." }
    return path.split(separator: "/").last.map(String.init) ?? "/"
  }

  /// The shortest path that means the same, as Go's `path.Clean`.
  private static func cleaned(_ path: String) -> String {
    let isRooted = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !isRooted {
        parts.append(part)
      }
    }
    let joined = parts.joined(separator: "/")
    return isRooted ? "/" + joined : joined.isEmpty ? "." : joined
  }
}

/// The parts of a URL (RFC 3986).
struct WebAddress {
  var scheme = ""
  var opaque = ""
  var userinfo = ""
  var host = ""
  var path = ""
  var query = ""
  var fragment = ""

  init() {}

  init?(_ text: String) {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
    var rest = text[...]
    if let hash = rest.firstIndex(of: "#") {
      fragment = percentDecoded(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    }
    if let colon = rest.firstIndex(of: ":"), isScheme(rest[..<colon]) {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if !scheme.isEmpty, !rest.hasPrefix("/") {
      opaque = String(rest)
      return
    }
    if rest.hasPrefix("//") { takeAuthority(from: &rest) }
    path = percentDecoded(rest)
  }

  private mutating func takeAuthority(from rest: inout Substring) {
    let authority = rest.dropFirst(2).prefix { $0 != "/" }
    rest = rest[authority.endIndex...]
    let at = authority.lastIndex(of: "@")
    userinfo = at.map { String(authority[..<$0]) } ?? ""
    host = String(at.map { authority[authority.index(after: $0)...] } ?? authority)
  }

  private var hostname: String {
    if host.hasPrefix("["), let close = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<close])
    }
    return String(host.prefix { $0 != ":" })
  }

  var members: [(String, String)] {
    [
      ("scheme", scheme), ("host", host), ("hostname", hostname), ("path", path), ("query", query), ("opaque", opaque),
      ("fragment", fragment), ("userinfo", userinfo),
    ]
  }

  var text: String {
    var text = scheme.isEmpty ? "" : scheme + ":"
    if opaque.isEmpty {
      if !scheme.isEmpty || !host.isEmpty || !userinfo.isEmpty {
        text += host.isEmpty && userinfo.isEmpty && path.isEmpty ? "" : "//"
        text += (userinfo.isEmpty ? "" : userinfo + "@") + host
        if !path.isEmpty, !path.hasPrefix("/"), !host.isEmpty { text += "/" }
      }
      text += percentEncoded(path)
    } else {
      text += opaque
    }
    return text + (query.isEmpty ? "" : "?" + query) + (fragment.isEmpty ? "" : "#" + percentEncoded(fragment))
  }
}

private func isScheme(_ text: Substring) -> Bool {
  text.first?.isLetter == true && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
}

private func percentDecoded(_ text: Substring) -> String {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    let digits = String(decoding: rest.prefix(2), as: UTF8.self)
    if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let code = UInt8(digits, radix: 16) {
      bytes.append(code)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func percentEncoded(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    let scalar = Unicode.Scalar(byte)
    if byte < 0x80, scalar.isASCIIWord || "-.~/$&+,:;=@!*'()".unicodeScalars.contains(scalar) {
      result.unicodeScalars.append(scalar)
    } else {
      result += "%" + hexadecimal([byte], uppercase: true)
    }
  }
  return result
}
