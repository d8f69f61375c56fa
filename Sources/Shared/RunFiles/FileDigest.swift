import Crypto
import Foundation

/// SHA-256 as 64 lower-case hexadecimal digits.
public enum FileDigest {
  private static let chunkBytes = 1 << 20

  /// The digest of a file's content, read in pieces of 1 MiB.
  public static func sha256(ofFile path: String) throws(RunFileError) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw FileManager.default.fileExists(atPath: path)
        ? .system(path: path, operation: "open", reason: "permission denied") : .missing(path: path)
    }
    defer { try? file.close() }
    var hasher = SHA256()
    do {
      while let chunk = try file.read(upToCount: chunkBytes), !chunk.isEmpty {
        hasher.update(data: chunk)
      }
    } catch {
      throw .system(path: path, operation: "read", reason: "\(error.localizedDescription)")
    }
    return hexadecimal(hasher.finalize())
  }

  /// The size of a file.
  public static func bytes(ofFile path: String) throws(RunFileError) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = attributes?[.size] as? NSNumber else { throw .missing(path: path) }
    return size.intValue
  }

  /// The digest of bytes in memory.
  public static func sha256(of bytes: some DataProtocol) -> String {
    hexadecimal(SHA256.hash(data: bytes))
  }

  /// The digest of a text's UTF-8 bytes.
  public static func sha256(of text: String) -> String {
    sha256(of: Data(text.utf8))
  }

  fileprivate static func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}

/// A SHA-256 that grows with what is written.
public struct RunningDigest: Sendable {
  private var hasher = SHA256()

  public init() {}

  public mutating func update(_ bytes: some DataProtocol) {
    hasher.update(data: bytes)
  }

  /// The digest of everything so far; more may follow.
  public var sha256: String {
    FileDigest.hexadecimal(hasher.finalize())
  }
}
