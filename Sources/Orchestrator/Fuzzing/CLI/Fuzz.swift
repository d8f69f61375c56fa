import ArgumentParser
import Foundation
import FuzzTargets

#if LIBFUZZER
  /// libFuzzer's own main loop; it is in the runtime that `-sanitize=fuzzer` links.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runLibFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  private let target = FuzzTarget(rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "") ?? .yaml

  @main
  enum Fuzz {
    static func main() {
      var count = CommandLine.argc
      var arguments = CommandLine.unsafeArgv
      exit(
        runLibFuzzer(&count, &arguments) { start, count in
          let complaint = target.complaint(about: Array(UnsafeBufferPointer(start: start, count: count)))
          guard let complaint else { return 0 }
          FileHandle.standardError.write(Data((complaint + "\n").utf8))
          abort()
        })
    }
  }
#else
  /// `fuzz`: what a reader answers to given files; how a finding of `scripts/fuzz` is seen again.
  @main
  struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fuzz", abstract: "Check one reader's answers to files.",
      discussion: """
        EXAMPLE
          fuzz expression crash-0123abcd

        Readers: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")). Exits with 1 when something does not hold.
        """)

    @Argument(help: "The reader.", transform: Self.target)
    var target: FuzzTarget

    @Argument(help: ArgumentHelp("The texts.", valueName: "file"))
    var files: [String]

    func run() throws {
      var failed = false
      for file in files {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let start = ContinuousClock.now
        let complaint = target.complaint(about: bytes)
        print("\(file): \(complaint ?? "holds"), \(ContinuousClock.now - start)")
        failed = failed || complaint != nil
      }
      if failed { throw ExitCode(1) }
    }

    private static func target(_ text: String) throws -> FuzzTarget {
      guard let target = FuzzTarget(rawValue: text) else { throw ValidationError("there is no reader '\(text)'") }
      return target
    }
  }
#endif
