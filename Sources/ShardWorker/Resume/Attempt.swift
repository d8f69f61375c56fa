import Foundation
import RunFiles

/// The name of this attempt at a shard. It is part of file names, so that attempts that run side by
/// side never write to the same file.
enum Attempt {
  private static let maximumLength = 64

  /// From `ORCHESTRATE_ATTEMPT`, else from the process id and a random number.
  static func name(environment: [String: String]) -> String {
    let given = environment["ORCHESTRATE_ATTEMPT"] ?? ""
    guard !given.isEmpty else {
      return "\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
    }
    return fileName(given)
  }

  /// A text as a part of a file name. What is replaced or cut is made up for by a digest.
  static func fileName(_ text: String) -> String {
    let safe = String(text.map { isSafe($0) ? $0 : "-" })
    guard safe != text || safe.count > maximumLength else { return safe }
    return "\(safe.suffix(maximumLength - 9))-\(FileDigest.sha256(of: text).prefix(8))"
  }

  private static func isSafe(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "-")
  }
}
