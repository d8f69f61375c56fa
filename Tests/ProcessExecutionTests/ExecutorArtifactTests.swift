import ArtifactStorage
import Foundation
import Testing

@testable import ProcessExecution
@testable import WorkflowCore

/// What a step finds when it starts, and what is kept of what it leaves. In both views of the file system: paths lie in
/// the test's own folder, where the step shares the machine's.
@Suite("Artifacts and volumes of processes")
struct ExecutorArtifactTests {
  private static func fixture(isPrivate: Bool) throws -> ExecutorFixture {
    let fixture = try ExecutorFixture()
    fixture.settings.isPrivate = isPrivate
    return fixture
  }

  private static func raw(_ text: String) -> Value { .record(["raw": .record(["data": .string(text)])]) }

  private static func input(_ path: String, _ location: Value, mode: Int? = nil) -> InputArtifact {
    InputArtifact(
      name: "in", path: path, location: location, mode: mode, isModeRecursive: false, isOptional: false)
  }

  private static func output(
    _ path: String, _ archive: ArtifactArchive = .tar(level: nil), optional: Bool = false, key: String = "wf/pod/out"
  ) -> OutputArtifact {
    OutputArtifact(
      name: "out", path: path, location: nil, defaultKey: key + archive.suffix, archive: archive, isOptional: optional)
  }

  private func run(_ launch: Launch, _ fixture: ExecutorFixture) async throws -> Outcome {
    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    return try await observations.outcome(launch.attempt.node.value == 0 ? 0 : Int(launch.attempt.node.value))
  }

  @Test("a raw artifact is at its path, with its mode", arguments: [false, canMount])
  func rawInput(isPrivate: Bool) async throws {
    let fixture = try Self.fixture(isPrivate: isPrivate)
    let path = fixture.folder.path + "/place/in.txt"
    let launch = Launch.shell("cat '\(path)'; stat -L -c %a '\(path)'").with {
      $0.inputArtifacts = [Self.input(path, Self.raw("hello\n"), mode: 0o750)]
    }
    #expect(try await run(launch, fixture).ending == .exited(code: 0))
    #expect(try fixture.log() == "hello\n750\n")
  }

  @Test(
    "what one step leaves, another finds again: a file and a folder, in every archive",
    arguments: [ArtifactArchive.tar(level: nil), .tar(level: 0), .zip, ArtifactArchive.none])
  func roundTrip(archive: ArtifactArchive) async throws {
    let fixture = try Self.fixture(isPrivate: canMount)
    let folder = fixture.folder.path
    let making = Launch.shell(
      "mkdir -p '\(folder)/o/sub'; echo one > '\(folder)/o/a b'; echo two > '\(folder)/o/sub/c'"
    ).with {
      $0.outputArtifacts = [
        Self.output("\(folder)/o", archive, key: "wf/pod/folder"),
        Self.output("\(folder)/o/a b", archive, key: "wf/pod/file"),
      ]
    }
    let outcome = try await run(making, fixture)
    try #require(outcome.artifacts.count == 2)
    let taking = Launch.shell("cd '\(folder)/i' && cat 'a b' sub/c && cat '\(folder)/f'", number: 1).with {
      $0.inputArtifacts = [
        Self.input("\(folder)/i", outcome.artifacts[0].location),
        Self.input("\(folder)/f", outcome.artifacts[1].location),
      ]
    }
    #expect(try await run(taking, fixture).ending == .exited(code: 0))
    #expect(try fixture.log(1) == "one\ntwo\none\n")
  }

  @Test("an artifact is kept when the step fails, too, and its key is the default one")
  func failing() async throws {
    let fixture = try Self.fixture(isPrivate: canMount)
    let path = fixture.folder.path + "/out.txt"
    let outcome = try await run(
      Launch.shell("echo kept > '\(path)'; exit 3").with { $0.outputArtifacts = [Self.output(path)] }, fixture)
    #expect(outcome.ending == .exited(code: 3))
    #expect(outcome.artifacts.map(\.location) == [.record(["s3": .record(["key": "wf/pod/out.tgz"])])])
    #expect(FileManager.default.fileExists(atPath: fixture.folder.path + "/artifacts/wf/pod/out.tgz"))
  }

  @Test("what is not there is left out, and the core decides whether that is wrong")
  func missing() async throws {
    let fixture = try Self.fixture(isPrivate: canMount)
    let outcome = try await run(
      Launch.shell("true").with { $0.outputArtifacts = [Self.output("/nowhere/at/all")] }, fixture)
    #expect(outcome == Outcome(.exited(code: 0), startedAt: outcome.startedAt, finishedAt: outcome.finishedAt))
  }

  @Test("an input that cannot be had ends the attempt in error before it starts; one that is optional is left out")
  func absentInput() async throws {
    let fixture = try Self.fixture(isPrivate: canMount)
    let lost = Value.record(["s3": .record(["key": "no/such/key"])])
    let needed = Launch.shell("echo ran").with { $0.inputArtifacts = [Self.input("/in", lost)] }
    let outcome = try await run(needed, fixture)
    #expect(outcome.ending == .error("inputs.artifacts.in: there is no artifact 'no/such/key'"))
    let optional = Launch.shell("echo ran", number: 1).with {
      var input = Self.input("/in", lost)
      input.isOptional = true
      $0.inputArtifacts = [input]
    }
    #expect(try await run(optional, fixture).ending == .exited(code: 0))
  }

  @Test("a key cannot lead out of the store")
  func hostileKey() async throws {
    let fixture = try Self.fixture(isPrivate: canMount)
    let location = Value.record(["s3": .record(["key": "../../etc/passwd"])])
    let launch = Launch.shell("true").with { $0.inputArtifacts = [Self.input("/in", location)] }
    let outcome = try await run(launch, fixture)
    #expect(outcome.ending == .error("inputs.artifacts.in: '../../etc/passwd' is no key of an artifact"))
  }

  // MARK: Volumes

  private static func mount(_ name: String, _ source: Value, _ path: String, readOnly: Bool = false) -> LaunchMount {
    LaunchMount(volume: name, source: source, path: path, subPath: nil, isReadOnly: readOnly)
  }

  @Test("ConfigMaps and Secrets are files and variables; the files go with the attempt", arguments: [false, canMount])
  func objects(isPrivate: Bool) async throws {
    let fixture = try Self.fixture(isPrivate: isPrivate)
    fixture.settings.objects = ObjectLookUp(
      configMap: { namespace, name in namespace == "default" && name == "c" ? ["k": Data("value".utf8)] : nil },
      secret: { _, name in name == "s" ? ["word": Data("hush".utf8)] : nil }, hasClaim: { _, _ in false })
    let folder = fixture.folder.path
    let launch = Launch.shell(
      "cat '\(folder)/c/k' '\(folder)/s/renamed'; echo; echo $TOKEN $P_k",
      environment: [LaunchVariable(name: "TOKEN", source: .secret(name: "s", key: "word", optional: false))]
    ).with {
      $0.environmentSources = [EnvironmentSource(.configMap, name: "c", prefix: "P_")]
      $0.mounts = [
        Self.mount("c", .record(["configMap": .record(["name": "c"])]), folder + "/c"),
        Self.mount(
          "s",
          .record([
            "secret": .record([
              "secretName": "s", "items": .array([.record(["key": "word", "path": "renamed"])]),
            ])
          ]), folder + "/s"),
      ]
    }
    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    #expect(try await observations.outcome().ending == .exited(code: 0))
    #expect(try fixture.log() == "valuehush\nhush value\n")
    try await executor.release(launch.attempt)
    #expect(!FileManager.default.fileExists(atPath: fixture.directory().volumes))
  }

  @Test("a claim made for the run is shared by its steps; one that was not kept is refused")
  func claims() async throws {
    let fixture = try Self.fixture(isPrivate: canMount)
    let path = fixture.folder.path + "/vol"
    func using(_ claim: String, _ script: String, _ number: Int) -> Launch {
      Launch.shell(script, number: number).with {
        $0.mounts = [
          Self.mount("work", .record(["persistentVolumeClaim": .record(["claimName": .string(claim)])]), path)
        ]
      }
    }
    #expect(try await run(using("workflow-work", "echo shared > '\(path)/f'", 0), fixture).ending == .exited(code: 0))
    #expect(try await run(using("workflow-work", "cat '\(path)/f'", 1), fixture).ending == .exited(code: 0))
    #expect(try fixture.log(1) == "shared\n")
    let refused = try await run(using("other", "true", 2), fixture)
    #expect(
      refused.ending
        == .error("there is no PersistentVolumeClaim 'other': keep it first with 'orchestrate apply'"))
  }

  @Test("a volume is a mount of its own, and read-only where it says so", .enabled(if: canMount))
  func realMount() async throws {
    let fixture = try Self.fixture(isPrivate: true)
    let empty = Value.record(["emptyDir": .record([:])])
    let launch = Launch.shell("grep -c ' /mnt/vol ' /proc/mounts; touch /mnt/vol/x && touch /mnt/fixed/x").with {
      $0.mounts = [Self.mount("v", empty, "/mnt/vol"), Self.mount("w", empty, "/mnt/fixed", readOnly: true)]
    }
    #expect(try await run(launch, fixture).ending == .exited(code: 1))
    #expect(try fixture.log().hasPrefix("1\n"))
    #expect(!FileManager.default.fileExists(atPath: "/mnt/vol"))
  }

  @Test("programs below the machine's /tmp are there in a private view", .enabled(if: canMount))
  func programsBelowTmp() async throws {
    let fixture = try Self.fixture(isPrivate: true)
    let folder = "/tmp/orchestrate-\(UUID().uuidString)/bin"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }
    try "#!/bin/sh\necho mine; ls /tmp\n".write(toFile: folder + "/mine", atomically: false, encoding: .utf8)
    chmod(folder + "/mine", 0o755)
    fixture.settings.searchPath += ":" + folder
    #expect(try await run(Launch.shell("mine | head -1"), fixture).ending == .exited(code: 0))
    #expect(try fixture.log() == "mine\n")
  }

  @Test("an image without a command runs what the configuration says, with its arguments where none are given")
  func entrypoint() async throws {
    let fixture = try Self.fixture(isPrivate: false)
    fixture.settings.images = ImageEntrypoints(["repo/say": .init(entrypoint: ["/bin/echo", "said"], cmd: ["nothing"])])
    for (number, image, args) in [(0, "repo/say:v2", []), (1, "repo/say@sha256:00", ["something"])] {
      let launch = Launch.shell("", number: number).with {
        ($0.image, $0.command, $0.args) = (image, [], args)
      }
      _ = try await run(launch, fixture)
    }
    #expect(try fixture.log(0) == "said nothing\n")
    #expect(try fixture.log(1) == "said something\n")
  }
}
