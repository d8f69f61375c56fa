extension SprigFunctions {
  static let encodings =
    aliases(["b64enc"], 1) { call throws(RenderError) in .string(base64(try call.bytes(0))) }
    + aliases(["b32enc"], 1) { call throws(RenderError) in .string(base32(try call.bytes(0))) }
    + aliases(["b64dec"], 1) { call throws(RenderError) in
      guard let bytes = bytes(base64: try call.string(0)) else { throw call.failure("the text is not base64") }
      return .string(String(decoding: bytes, as: UTF8.self))
    }
    + aliases(["b32dec"], 1) { call throws(RenderError) in
      guard let bytes = bytes(base32: try call.string(0)) else { throw call.failure("the text is not base32") }
      return .string(String(decoding: bytes, as: UTF8.self))
    }
    + aliases(["sha1sum"], 1) { call throws(RenderError) in .string(hexadecimal(sha1(try call.bytes(0)))) }
    + aliases(["sha256sum"], 1) { call throws(RenderError) in .string(hexadecimal(sha256(try call.bytes(0)))) }
    + aliases(["sha512sum"], 1) { call throws(RenderError) in .string(hexadecimal(sha512(try call.bytes(0)))) }
    + aliases(["adler32sum"], 1) { call throws(RenderError) in .string(String(adler32(try call.bytes(0)))) }
    + aliases(["toJson", "mustToJson"], 1) { call throws(RenderError) in .string(goJSON(call[0])) }
    + aliases(["toPrettyJson", "mustToPrettyJson"], 1) { call throws(RenderError) in
      .string(goJSON(call[0], indent: 2))
    }
    + aliases(["toRawJson", "mustToRawJson"], 1) { call throws(RenderError) in
      .string(goJSON(call[0], escapesMarkup: false))
    }
    + aliases(["fromJson"], 1) { call throws(RenderError) in
      _ = try call.string(0)
      // Sprig's plain variant swallows errors.
      do { return try call.parsedJSON(0) } catch { return .null }
    }
    + aliases(["mustFromJson"], 1) { call throws(RenderError) in try call.parsedJSON(0) }
}
