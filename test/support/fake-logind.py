#!/usr/bin/python3
"""A logind on the bus of DBUS_SYSTEM_BUS_ADDRESS that does what it is told on its input, a word a line, and says on its output, a JSON object a line,
what is asked of it. It speaks org.freedesktop.login1 as systemd 252 does: the Manager's Inhibit (with a descriptor), ListInhibitors, GetSession,
GetSessionByPID, PrepareForSleep, PrepareForShutdown, LidClosed and Docked; a Session's Lock, Unlock, Active, LockedHint and PropertiesChanged.

  sleep       announces it, waits for every delay lock on sleep, then says {"asleep": …}
  wake        the machine is back
  shutdown    announces it, waits as for sleep, then says {"down": …}
  lock, unlock, active 0|1, lid 0|1, docked 0|1      {"lid": …} is said whenever somebody asks
"""
import json
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

LOGIN = "org.freedesktop.login1"
MANAGER = LOGIN + ".Manager"
SESSION = LOGIN + ".Session"
PROPERTIES = "org.freedesktop.DBus.Properties"
PATH = "/org/freedesktop/login1"
OWN_SESSION = PATH + "/session/_32"


def say(**what):
    print(json.dumps(what), flush=True)


class Properties(dbus.service.Object):
    """An object whose properties are in `values`, by interface."""

    def __init__(self, bus, path, values):
        super().__init__(bus, path)
        self.values = values

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        if name not in self.values.get(interface, {}):
            raise dbus.exceptions.DBusException("no such property", name="org.freedesktop.DBus.Error.UnknownProperty")
        if name == "LidClosed":
            say(lid=bool(self.values[interface][name]))
        return self.values[interface][name]

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return self.values.get(interface, {})

    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass


class Manager(Properties):
    def __init__(self, bus):
        properties = {"LidClosed": False, "Docked": False, "PreparingForSleep": False, "PreparingForShutdown": False}
        super().__init__(bus, PATH, {MANAGER: {name: dbus.Boolean(value) for name, value in properties.items()}})
        self.locks = {}
        self.waiting = None

    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        ours, theirs = os.pipe()
        self.locks[ours] = (str(what), str(who), str(why), str(mode))
        GLib.io_add_watch(ours, GLib.IO_HUP | GLib.IO_IN, self.released)
        say(inhibits=list(self.locks[ours]))
        given = dbus.types.UnixFd(theirs)
        os.close(theirs)
        return given

    def released(self, ours, _):
        say(releases=list(self.locks.pop(ours)))
        os.close(ours)
        self.look()
        return False

    @dbus.service.method(MANAGER, out_signature="a(ssssuu)")
    def ListInhibitors(self):
        return [(*lock, dbus.UInt32(os.getuid()), dbus.UInt32(1)) for lock in self.locks.values()]

    @dbus.service.method(MANAGER, in_signature="s", out_signature="o")
    def GetSession(self, _):
        return OWN_SESSION

    @dbus.service.method(MANAGER, in_signature="u", out_signature="o")
    def GetSessionByPID(self, _):
        return OWN_SESSION

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForSleep(self, start):
        pass

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForShutdown(self, start):
        pass

    def wait_for(self, what, word):
        self.waiting = (what, word)
        self.look()

    def look(self):
        if self.waiting is None:
            return
        what, word = self.waiting
        if any(mode == "delay" and what in kinds.split(":") for kinds, _, _, mode in self.locks.values()):
            return
        self.waiting = None
        say(**{word: True})


class Session(Properties):
    def __init__(self, bus):
        values = {
            "Active": dbus.Boolean(True),
            "State": "active",
            "LockedHint": dbus.Boolean(False),
            "IdleHint": dbus.Boolean(False),
            "IdleSinceHint": dbus.UInt64(0),
        }
        super().__init__(bus, OWN_SESSION, {SESSION: values})

    @dbus.service.signal(SESSION)
    def Lock(self):
        pass

    @dbus.service.signal(SESSION)
    def Unlock(self):
        pass

    def switch(self, active):
        """As fast user switching does: the session in front is another one, and this one says so."""
        changed = {"Active": dbus.Boolean(active), "State": "active" if active else "online"}
        self.values[SESSION].update(changed)
        self.PropertiesChanged(SESSION, changed, [])


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
    name = dbus.service.BusName(LOGIN, bus)
    manager, session = Manager(bus), Session(bus)

    def prepares(signal, what, word):
        signal(True)
        manager.wait_for(what, word)

    words = {
        "sleep": lambda: prepares(manager.PrepareForSleep, "sleep", "asleep"),
        "wake": lambda: manager.PrepareForSleep(False),
        "shutdown": lambda: prepares(manager.PrepareForShutdown, "shutdown", "down"),
        "lock": session.Lock,
        "unlock": session.Unlock,
        "active": lambda is_so: session.switch(is_so == "1"),
        # logind tells nobody when the lid moves: who wants to know reads the property.
        "lid": lambda is_so: manager.values[MANAGER].update(LidClosed=dbus.Boolean(is_so == "1")),
        "docked": lambda is_so: manager.values[MANAGER].update(Docked=dbus.Boolean(is_so == "1")),
    }

    def told(source, _):
        line = source.readline()
        if not line:
            loop.quit()
            return False
        word, *rest = line.split()
        words[word](*rest)
        say(did=line.strip())
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, told)
    say(ready=name.get_name())
    loop.run()


main()
