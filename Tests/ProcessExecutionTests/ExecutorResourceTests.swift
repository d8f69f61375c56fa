import Execution
import Foundation
import Testing

@testable import ProcessExecution
@testable import WorkflowCore

/// What the executor hands to steps: shares of the machine, and an environment.
struct ExecutorResourceTests {
  @Test("steps that run at the same time see different GPUs, and a step that asks for none sees none")
  func devices() async throws {
    let fixture = try ExecutorFixture(gpus: 3)
    let (executor, observations) = try fixture.start()
    let gates = try (0..<4).map { try fixture.gate("gate-\($0)") }
    for (number, count) in [1000, 2000, 0, 1000].enumerated() {
      try await executor.ensureLaunched(
        .shell(
          "echo \"[$CUDA_VISIBLE_DEVICES]\" > $1; read line < $1.go", gates[number].path, number: number,
          requests: ["cpu": 10, "nvidia.com/gpu": Int64(count)]))
    }
    #expect(try await gates[0].message() == "[0]")
    #expect(try await gates[1].message() == "[1,2]")
    #expect(try await gates[2].message() == "[]")
    #expect(try await observations.delayed(3) == "waits for nvidia.com/gpu on this machine")
    gates[1].open()
    #expect(try await gates[3].message() == "[1]")
    for number in [0, 2, 3] { gates[number].open() }
    for number in 0..<4 { #expect(try await observations.outcome(number).ending == .exited(code: 0)) }
  }

  @Test("more GPUs than there are is refused before anything starts")
  func tooManyDevices() async throws {
    let fixture = try ExecutorFixture()
    let (executor, _) = try fixture.start()
    let error = await #expect(throws: ExecutionError.self) {
      try await executor.ensureLaunched(.shell("true", requests: ["nvidia.com/gpu": 1000]))
    }
    #expect(error?.message.hasPrefix("the step asks for 1 nvidia.com/gpu and this machine has 0") == true)
    #expect(fixture.directory().state().word == "absent")
  }

  @Test("a step that asks for more cores than there are gets them all, alone")
  func cappedCores() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let gate = try fixture.gate()
    try await executor.ensureLaunched(.shell("read line < $1.go", gate.path, number: 0, requests: ["cpu": 64_000]))
    try await executor.ensureLaunched(.shell("true", number: 1))
    #expect(try await observations.delayed(1) == "waits for cpu on this machine")
    gate.open()
    #expect(try await observations.outcome(1).ending == .exited(code: 0))
  }

  @Test("a step's environment is what its launch gives, PATH, HOME and what tells it who it is")
  func environment() async throws {
    let fixture = try ExecutorFixture(environment: ["HOME": "/home/someone", "SHELL": "/bin/zsh", "TOKEN": "canary"])
    let (executor, observations) = try fixture.start()
    let launch = Launch.shell("", environment: [LaunchVariable(name: "GREETING", source: .value("a=b c"))]).with {
      $0.command = ["/usr/bin/env"]
    }
    try await executor.ensureLaunched(launch)
    #expect(try await observations.outcome().ending == .exited(code: 0))
    let expected = [
      "ARGO_CONTAINER_NAME=main", "ARGO_NODE_ID=node-0", "ARGO_PROGRESS_FILE=\(fixture.directory().progress)",
      "ARGO_WORKFLOW_NAME=workflow", "ARGO_WORKFLOW_UID=run", "CUDA_VISIBLE_DEVICES=", "GREETING=a=b c",
      "HOME=/home/someone", "ORCHESTRATE_ATTEMPT=node-0", "ORCHESTRATE_NODE_KEY=run/workflow.step",
      "PATH=/usr/bin:/bin",
    ]
    #expect(try fixture.log().split(separator: "\n").map(String.init) == expected)
  }

  @Test("a secret reaches the step's environment and no file of the attempt")
  func secrets() async throws {
    let canary = UUID().uuidString
    let fixture = try ExecutorFixture(environment: ["ORCHESTRATE_SECRET_DB_LOGIN_PASS_WORD": canary])
    let (executor, observations) = try fixture.start()
    let gate = try fixture.gate()
    let secret = LaunchVariable.Source.secret(name: "db-login", key: "pass.word", optional: false)
    try await executor.ensureLaunched(
      .shell(
        "echo \"$PASSWORD\" > $1; read line < $1.go", gate.path,
        environment: [LaunchVariable(name: "PASSWORD", source: secret)]))
    #expect(try await gate.message() == canary)
    #expect(try filesHolding(canary, under: fixture.folder.path).isEmpty)
    gate.open()
    _ = try await observations.outcome()
    #expect(try filesHolding(canary, under: fixture.folder.path).isEmpty)
  }

  private func filesHolding(_ text: String, under folder: String) throws -> [String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    let files = names.filter { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      return attributes?[.type] as? FileAttributeType == .typeRegular
    }
    #expect(files.contains { $0.hasSuffix("/launch") }, "the search finds the attempt's files")
    return files.filter { FileManager.default.contents(atPath: "\(folder)/\($0)")?.range(of: Data(text.utf8)) != nil }
  }

  @Test("a secret may come from a variable of the step's own name; the dedicated one wins")
  func secretByName() throws {
    let secret = LaunchVariable(name: "TOKEN", source: .secret(name: "s", key: "k", optional: false))
    #expect(try variables([secret], ["TOKEN": "own"])["TOKEN"] == "own")
    #expect(try variables([secret], ["TOKEN": "own", "ORCHESTRATE_SECRET_S_K": "dedicated"])["TOKEN"] == "dedicated")
  }

  @Test("a secret that is not known here is refused with the name to export, unless it is optional")
  func missingSecret() throws {
    let config = LaunchVariable(name: "LEVEL", source: .configMap(name: "settings", key: "log-level", optional: false))
    let error = #expect(throws: ExecutionError.self) { try variables([config], [:]) }
    #expect(
      error?.message == """
        configmap settings/log-level is not known here: keep it with 'orchestrate apply', or export LEVEL or \
        ORCHESTRATE_CONFIGMAP_SETTINGS_LOG_LEVEL
        """)
    let optional = LaunchVariable(name: "LEVEL", source: .secret(name: "s", key: "k", optional: true))
    #expect(try variables([optional], [:])["LEVEL"] == nil)
  }

  private func variables(_ given: [LaunchVariable], _ environment: [String: String]) throws -> [String: String] {
    let settings = ProcessSettings(
      root: "/runs", environment: environment, executable: "/bin/orchestrate",
      capacity: MachineCapacity(cpu: 1000, memory: 0, gpus: 0))
    return try StepEnvironment(
      .shell("true", environment: given), in: AttemptDirectory(path: "/runs/a"), settings, devices: []
    ).variables
  }
}

/// What a launch becomes for the supervisor.
struct LaunchRecordsTests {
  private func records(_ launch: Launch, isPrivate: Bool = false) throws -> [String] {
    var settings = ProcessSettings(
      root: "/runs", environment: [:], executable: "/bin/orchestrate",
      capacity: MachineCapacity(cpu: 1000, memory: 0, gpus: 0))
    settings.isPrivate = isPrivate
    let bytes = try LaunchRecords(launch, in: AttemptDirectory(path: "/runs/a"), settings).bytes
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("a launch is a row of records: arguments, directories, outputs, times")
  func rows() throws {
    let launch = Launch.shell("true", "x").with {
      ($0.directory, $0.workspace, $0.workingDirectory) = ("/home/user", "./data/..", "sub")
      $0.outputFiles = [OutputFile(parameter: "p", path: "/tmp/p")]
      ($0.deadlineSeconds, $0.capturesResult) = (5, true)
    }
    let expected = [
      "a/bin/sh", "a-c", "atrue", "ash", "ax", "d/home/user/sub", "w/home/user", "rstdout", "o/tmp/p", "t5000",
      "g30000",
    ]
    #expect(try records(launch) == expected)
    #expect(try records(launch, isPrivate: true) == expected + ["p"])
  }

  @Test("a step starts in its workspace, else at the root of its own view, else in a folder of its own")
  func homes() throws {
    #expect(try records(.shell("true")).contains("d/runs/a/scratch"))
    #expect(try records(.shell("true"), isPrivate: true).contains("d/"))
    #expect(try records(.shell("true").with { $0.workspace = "/data" }, isPrivate: true).contains("d/data"))
  }

  @Test("an argument with a NUL byte is refused, and so is a template without a command")
  func refused() {
    let nul = #expect(throws: ExecutionError.self) { try records(.shell("echo a\0b")) }
    #expect(nul?.message == #"an argument holds a NUL byte: "echo a\0b""#)
    let none = #expect(throws: ExecutionError.self) { try records(.shell("").with { $0.command = [] }) }
    #expect(
      none?.message == """
        image 'image' has no known entrypoint on this machine: add `command` to template 'step', or name it under \
        `images` of the configuration file
        """)
  }
}
