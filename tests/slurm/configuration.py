"""Configuration of the cluster: nodes, partitions, accounting, and times that suit tests."""

import socket
from dataclasses import dataclass
from pathlib import Path

ETC = Path("/etc/slurm")
#: Nodes, and the device file that stands for the GPU of each; a regular file is refused.
NODES = {"cpu01": ""} | {
    f"gpu0{number}": f"/dev/{name}"
    for number, name in enumerate(("null", "zero", "full", "random", "urandom", "tty"), start=1)
}
_CPUS = 4
_MEMORY_MB = 12000


@dataclass(frozen=True)
class Ports:
    """Free ports of this machine."""

    database: int
    accounting: int
    controller: int
    nodes: tuple[int, ...]

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on at this moment."""
        count = 3 + len(NODES)
        sockets = [socket.socket() for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        numbers = [one.getsockname()[1] for one in sockets]
        for one in sockets:
            one.close()
        return cls(numbers[0], numbers[1], numbers[2], tuple(numbers[3:]))


def write_configuration(folder: Path, ports: Ports) -> None:
    """Write all files of configuration below ``folder``, and link those that SLURM looks for."""
    for name in ("munge", "state", "etc", *(f"spool/{node}" for node in NODES)):
        (folder / name).mkdir(parents=True, mode=0o755)
    files = {
        "slurm.conf": _slurm(folder, ports),
        "gres.conf": _gres(),
        "cgroup.conf": "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nConstrainRAMSpace=no\n",
        "slurmdbd.conf": _accounting(folder, ports),
    }
    for name, text in files.items():
        path = folder / "etc" / name
        path.write_text(text)
        path.chmod(0o600 if name == "slurmdbd.conf" else 0o644)
        (ETC / name).unlink(missing_ok=True)
        (ETC / name).symlink_to(path)
    (folder / "database.sql").write_text(
        "create database if not exists accounting;\n"
        "create user if not exists slurm@'127.0.0.1' identified by 'slurm';\n"
        "create user if not exists slurm@localhost identified by 'slurm';\n"
        "grant all on accounting.* to slurm@'127.0.0.1';\n"
        "grant all on accounting.* to slurm@localhost;\n"
    )


def _slurm(folder: Path, ports: Ports) -> str:
    text = f"""\
ClusterName=clustrace
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# A job of a node that died is queued again once its credentials have expired.
AuthInfo=socket={folder}/munge/socket,cred_expire=10
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort={ports.controller}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmdSpoolDir={folder}/spool/%n
StateSaveLocation={folder}/state
# Neither systemd nor cgroups: containers have no right to them.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports.accounting}
# The socket of the authentication, which is not taken from AuthInfo here.
AccountingStoragePass={folder}/munge/socket
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations
AccountingStoreFlags=job_comment
MinJobAge=3600
DefMemPerCPU=500
EnforcePartLimits=ALL
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=10
SlurmdTimeout=10
SlurmctldTimeout=10
InactiveLimit=0
ReturnToService=2
JobRequeue=1
SlurmdParameters=config_overrides
"""
    for (node, device), port in zip(NODES.items(), ports.nodes, strict=True):
        gres = " Gres=gpu:1" if device else ""
        text += (
            f"NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} "
            f"CPUs={_CPUS} Boards=1 SocketsPerBoard=1 CoresPerSocket={_CPUS} ThreadsPerCore=1 "
            f"RealMemory={_MEMORY_MB}{gres} State=UNKNOWN\n"
        )
    gpus = ",".join(node for node, device in NODES.items() if device)
    return text + (
        "PartitionName=cpu Nodes=cpu01 Default=YES MaxTime=1-0 DefaultTime=10 State=UP\n"
        f"PartitionName=gpu Nodes={gpus} MaxTime=1-0 DefaultTime=10 PriorityTier=1 State=UP\n"
        # Its jobs make those of the partition gpu give way.
        f"PartitionName=urgent Nodes={gpus} MaxTime=10 PriorityTier=10 PreemptMode=OFF State=UP\n"
    )


def _gres() -> str:
    lines = [f"NodeName={node} Name=gpu File={file}" for node, file in NODES.items() if file]
    return "\n".join(["AutoDetect=off", *lines, ""])


def _accounting(folder: Path, ports: Ports) -> str:
    return f"""\
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports.accounting}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
CommunicationParameters=NoInAddrAny
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports.database}
StorageUser=slurm
StoragePass=slurm
StorageLoc=accounting
"""
