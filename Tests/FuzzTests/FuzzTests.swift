import Foundation
import FuzzTargets
import Testing

@Suite("Readers of text that anyone may have written")
struct FuzzTests {
  /// The committed texts: what a reader is made for, and what it once did not bear.
  private static func corpus(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Corpus/\(target.rawValue)")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.sorted { $0.path < $1.path }.map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
  }

  @Test("answer every text of the corpus as promised", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) throws {
    let corpus = try Self.corpus(of: target)
    #expect(corpus.count >= 5)
    for (name, bytes) in corpus { #expect(target.complaint(about: bytes) == nil, "\(target)/\(name)") }
  }

  @Test("answer what is made of these texts by random changes", arguments: FuzzTarget.allCases)
  func changes(target: FuzzTarget) throws {
    var mutator = Mutator(seed: 1, corpus: try Self.corpus(of: target).map(\.bytes))
    for number in 0..<400 {
      let text = mutator.next()
      let complaint = target.complaint(about: text)
      #expect(complaint == nil, "text \(number): \(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test("the same seed makes the same texts")
  func repeatable() {
    var (first, second) = (
      Mutator(seed: 7, corpus: [Array("text".utf8)]), Mutator(seed: 7, corpus: [Array("text".utf8)])
    )
    for _ in 0..<50 { #expect(first.next() == second.next()) }
  }
}
