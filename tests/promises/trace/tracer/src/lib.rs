//! Compares the sequence of executed code and accessed memory with that of a reference run.

mod unicorn;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An instruction, or a block of them, at an address.
    Execute(u64),
    Read(u64, u32),
    Write(u64, u32),
}

#[derive(Default)]
pub struct Trace {
    reference: Vec<Event>,
    mode: Mode,
    /// The number of events of this run.
    position: usize,
    /// The address that was executed last.
    executed: u64,
    /// The last address that this run and the reference executed before the first difference.
    difference: Option<u64>,
}

#[derive(Clone, Copy, Default)]
enum Mode {
    #[default]
    Off,
    Reference,
    Compare,
}

impl Trace {
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a run: the reference, or one that is compared with it.
    pub fn start(&mut self, is_reference: bool) {
        if is_reference {
            self.reference.clear();
        }
        self.mode = if is_reference { Mode::Reference } else { Mode::Compare };
        self.position = 0;
        self.executed = 0;
        self.difference = None;
    }

    #[inline]
    pub fn record(&mut self, event: Event) {
        match self.mode {
            Mode::Off => return,
            Mode::Reference => self.reference.push(event),
            Mode::Compare => {
                if self.difference.is_none() && self.reference.get(self.position) != Some(&event) {
                    self.difference = Some(self.executed);
                }
            }
        }
        self.position += 1;
        if let Event::Execute(address) = event {
            self.executed = address;
        }
    }

    /// Ends the run. Returns the last address that both executed before the first difference from the reference, if any.
    pub fn stop(&mut self) -> Option<u64> {
        let is_shorter = self.position < self.reference.len();
        self.mode = Mode::Off;
        self.difference.or_else(|| is_shorter.then_some(self.executed))
    }

    /// The number of events of the reference.
    pub fn events(&self) -> usize {
        self.reference.len()
    }
}
